package expr

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// goja says little of what is wrong: "Object has no member 'f'" where users know
// "(intermediate value).f is not a function", and it mixes up null and undefined.
// So a program that failed this way, or that catches errors, runs with a look at
// each object of which a member is taken, and at each function that is called.

// reason words an error as Digdag's engine would.
func (e *Evaluator) reason(ctx context.Context, p *program, s scope, zone *time.Location, err error) string {
	text := reason(err)
	if !vague(text) {
		return reword(text)
	}
	again := &program{parts: p.parts}
	if again.compile(true) != nil {
		return reword(text)
	}
	if _, err := e.evaluate(ctx, again, s, zone); err != nil {
		if traced := reason(err); strings.HasPrefix(traced, "TypeError: ") {
			text = traced
		}
	}
	return reword(text)
}

// vague tells whether an error is one that a trace can say more of.
func vague(text string) bool {
	for _, start := range [...]string{"Object has no member ", "Cannot read property ", "Not a function: ", "Value is not an object: ",
		"Value is not a constructor", "Cannot convert undefined or null to object"} {
		if strings.HasPrefix(text, "TypeError: "+start) {
			return true
		}
	}
	return false
}

// trace puts the helper in the arguments of calls of emit.
func trace(calls []*ast.CallExpression) {
	t := &tracer{}
	for _, call := range calls {
		t.walk(reflect.ValueOf(&call.ArgumentList).Elem())
	}
}

type tracer struct {
	locals []map[string]bool // of the functions around
}

func (t *tracer) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if e, ok := v.Interface().(ast.Expression); ok && v.CanSet() {
			if call := t.indexed(e); call != nil {
				t.walk(reflect.ValueOf(&call.ArgumentList).Elem())
				v.Set(reflect.ValueOf(call))
				return
			}
		}
		t.walk(v.Elem())
	case reflect.Pointer:
		if !v.IsNil() {
			t.node(v)
		}
	case reflect.Slice:
		for i := range v.Len() {
			t.walk(v.Index(i))
		}
	case reflect.Struct:
		t.fields(v)
	}
}

func (t *tracer) fields(v reflect.Value) {
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			t.walk(v.Field(i))
		}
	}
}

// indexed returns the call that stands for a[k].
func (t *tracer) indexed(e ast.Expression) *ast.CallExpression {
	b, ok := e.(*ast.BracketExpression)
	if !ok || optional(b.Left) {
		return nil
	}
	return callHelper(loadName, b.Left, text("index"), b.Member).(*ast.CallExpression)
}

func optional(e ast.Expression) bool {
	switch e.(type) {
	case *ast.Optional, *ast.OptionalChain, *ast.SuperExpression:
		return true
	}
	return false
}

func (t *tracer) node(v reflect.Value) {
	switch n := v.Interface().(type) {
	case *ast.VariableDeclaration, *ast.OptionalChain:
		return
	case *ast.FunctionLiteral:
		t.locals = append(t.locals, locals(n.Name, n.ParameterList, n.DeclarationList))
		t.fields(v.Elem())
		t.locals = t.locals[:len(t.locals)-1]
		return
	case *ast.ArrowFunctionLiteral:
		t.locals = append(t.locals, locals(nil, n.ParameterList, n.DeclarationList))
		t.fields(v.Elem())
		t.locals = t.locals[:len(t.locals)-1]
		return
	case *ast.CallExpression:
		t.call(n)
		return
	case *ast.DotExpression:
		t.member(n, "get", "")
		return
	case *ast.NewExpression:
		if id, ok := n.Callee.(*ast.Identifier); ok {
			n.Callee = callHelper(loadName, id, text("function"), text(""))
		}
	case *ast.AssignExpression:
		use := "set"
		if n.Operator != token.ASSIGN {
			use = "get"
		}
		t.target(n.Left, use)
		t.walk(reflect.ValueOf(&n.Right).Elem())
		return
	case *ast.UnaryExpression:
		use := "get"
		if n.Operator == token.DELETE {
			use = "delete"
		}
		t.target(n.Operand, use)
		if !isTarget(n.Operand) {
			t.walk(reflect.ValueOf(&n.Operand).Elem())
		}
		return
	case *ast.ForIntoExpression:
		t.target(n.Expression, "set")
		return
	}
	t.fields(v.Elem())
}

// member looks at the object of a.name.
func (t *tracer) member(n *ast.DotExpression, use, shown string) {
	if optional(n.Left) {
		return
	}
	t.walk(reflect.ValueOf(&n.Left).Elem())
	n.Left = callHelper(loadName, n.Left, text(use), text(n.Identifier.Name.String()), text(shown))
}

func isTarget(e ast.Expression) bool {
	switch e.(type) {
	case *ast.DotExpression, *ast.BracketExpression:
		return true
	}
	return false
}

// target walks what is assigned to, which must stay what it is.
func (t *tracer) target(e ast.Expression, use string) {
	switch n := e.(type) {
	case *ast.DotExpression:
		t.member(n, use, "")
	case *ast.BracketExpression:
		t.walk(reflect.ValueOf(&n.Left).Elem())
		t.walk(reflect.ValueOf(&n.Member).Elem())
		if constant(n.Member) && !optional(n.Left) {
			n.Left = callHelper(loadName, n.Left, text(use), n.Member, text(""))
		}
	}
}

func (t *tracer) call(n *ast.CallExpression) {
	switch callee := n.Callee.(type) {
	case *ast.DotExpression:
		t.member(callee, "call", t.show(callee))
	case *ast.BracketExpression:
		shown := t.show(callee)
		t.walk(reflect.ValueOf(&callee.Left).Elem())
		t.walk(reflect.ValueOf(&callee.Member).Elem())
		if constant(callee.Member) && !optional(callee.Left) {
			callee.Left = callHelper(loadName, callee.Left, text("call"), callee.Member, text(shown))
		}
	case *ast.Identifier:
		if !helper(callee.Name.String()) {
			shown := ""
			if t.local(callee.Name.String()) {
				shown = callee.Name.String()
			}
			n.Callee = callHelper(loadName, callee, text("function"), text(shown))
		}
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral, *ast.Optional, *ast.OptionalChain, *ast.SuperExpression:
		t.walk(reflect.ValueOf(&n.Callee).Elem())
	default:
		shown := t.show(callee)
		if shown == intermediate {
			shown = ""
		}
		t.walk(reflect.ValueOf(&n.Callee).Elem())
		n.Callee = callHelper(loadName, n.Callee, text("function"), text(shown))
	}
	t.walk(reflect.ValueOf(&n.ArgumentList).Elem())
}

func (t *tracer) local(name string) bool {
	for _, l := range t.locals {
		if l[name] {
			return true
		}
	}
	return false
}

func locals(name *ast.Identifier, parameters *ast.ParameterList, declared []*ast.VariableDeclaration) map[string]bool {
	names := map[string]bool{}
	add := func(target ast.Expression) {
		if id, ok := target.(*ast.Identifier); ok {
			names[id.Name.String()] = true
		}
	}
	if name != nil {
		add(name)
	}
	if parameters != nil {
		for _, b := range parameters.List {
			add(b.Target)
		}
	}
	for _, d := range declared {
		for _, b := range d.List {
			add(b.Target)
		}
	}
	return names
}

// show writes an expression as messages do: names of variables of the scope are
// not known any more where they are taken of it.
func (t *tracer) show(e ast.Expression) string {
	switch n := e.(type) {
	case *ast.Identifier:
		if t.local(n.Name.String()) {
			return n.Name.String()
		}
	case *ast.DotExpression:
		return t.show(n.Left) + "." + n.Identifier.Name.String()
	case *ast.BracketExpression:
		return t.show(n.Left) + "[" + t.show(n.Member) + "]"
	case *ast.CallExpression:
		return t.show(n.Callee) + "(...)"
	case *ast.StringLiteral:
		return `"` + n.Value.String() + `"`
	case *ast.NumberLiteral:
		return n.Literal
	case *ast.BooleanLiteral:
		return n.Literal
	case *ast.ThisExpression:
		return "<this>"
	}
	return intermediate
}

const intermediate = "(intermediate value)"

func text(s string) *ast.StringLiteral {
	return &ast.StringLiteral{Literal: `""`, Value: unistring.NewFromString(s)}
}

// load is the helper: load(object, use, name, shown).
func (r *run) load(call goja.FunctionCall) goja.Value {
	object, use, name := call.Argument(0), call.Argument(1).String(), call.Argument(2)
	if use == "function" {
		if _, ok := goja.AssertFunction(object); !ok {
			panic(r.rt.NewTypeError("%s is not a function", shownValue(object, name.String())))
		}
		return object
	}
	if goja.IsUndefined(object) || goja.IsNull(object) {
		switch use {
		case "delete":
			panic(r.rt.NewTypeError("Cannot delete property %q of %s", name.String(), object.String()))
		case "set":
			panic(r.rt.NewTypeError("Cannot set property '%s' of %s", name.String(), object.String()))
		}
		panic(r.rt.NewTypeError("Cannot read property '%s' of %s", name.String(), object.String()))
	}
	switch use {
	case "index":
		o := object.ToObject(r.rt)
		if s, ok := name.(*goja.Symbol); ok {
			return orUndefined(o.GetSymbol(s))
		}
		return orUndefined(o.Get(name.String()))
	case "call":
		if _, ok := goja.AssertFunction(object.ToObject(r.rt).Get(name.String())); !ok {
			panic(r.rt.NewTypeError("%s is not a function", call.Argument(3).String()))
		}
	}
	return object
}

func orUndefined(v goja.Value) goja.Value {
	if v == nil {
		return goja.Undefined()
	}
	return v
}

func shownValue(v goja.Value, shown string) string {
	if shown != "" {
		return shown
	}
	if _, ok := v.(*goja.Object); ok {
		return intermediate
	}
	return v.String()
}
