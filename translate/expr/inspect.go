package expr

import (
	"errors"
	"math/big"
	"reflect"
	"sort"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/token"
	"github.com/dop251/goja/unistring"
)

// uses is what a program needs.
type uses struct {
	// names holds every name in it: variables, members, and what stands in
	// quotes.
	names map[string]bool
	// needs holds those of the names for which something is put in the runtime.
	needs []string
	// variables holds the names that may be variables of the scope.
	variables map[string]bool
	// scope tells that the program can reach the whole scope: by this or eval.
	scope bool
	// sums tells that it has sums, which are guarded.
	sums bool
	// loops tells that the program has functions, and so can run for long.
	loops bool
	// dynamic tells that the program computes names of members.
	dynamic bool
	// quick tells that it cannot take long with values that are small.
	quick bool
	// hooks tells that the program gives an object a method that JavaScript calls
	// by itself (toString and the like) which is no function written out here.
	hooks bool
	// errors and regexps tell that it makes such objects.
	errors, regexps bool
	// catches tells that the program can see the errors of others.
	catches bool
}

// The helpers that programs call; they are globals no program can write.
const (
	emitName  = "$emit$"  // takes the value of an expression
	guardName = "$guard$" // looks at the value of a sum
	keyName   = "$key$"   // looks at a computed member name
	evalName  = "$eval$"  // stands for eval
	loadName  = "$load$"  // looks at what a member is taken of, see trace.go
	sizeName  = "$size$"  // stands for the method length() of Java's strings
)

func helper(name string) bool {
	switch name {
	case emitName, guardName, keyName, evalName, loadName, sizeName, scopeName:
		return true
	}
	return false
}

// hook tells whether JavaScript's own functions call a method of that name. One
// of these functions in the place of such a method can call itself without end,
// where no limit of JavaScript holds and the Go stack grows until the process
// dies.
func hook(name string) bool {
	switch name {
	case "toString", "valueOf", "toJSON", "toLocaleString", "toISOString", "join", "exec", "next", "return", "then", "get", "set",
		"constructor", "defineProperty", "defineProperties", "__defineGetter__", "__defineSetter__":
		return true
	}
	return false
}

var (
	errUnsupported = errors.New("generators, async functions, classes, spread and BigInt are not supported")
	errReserved    = errors.New("names like $guard$ are reserved")
)

// inspect walks a program, finds out what it uses, and puts calls of helpers in:
// $guard$ around each sum, because a string that doubles fills the memory faster
// than anybody can watch; $key$ around each computed member name, because it may
// name what the program does not show; $eval$ for eval.
func inspect(nodes ...ast.Node) (*uses, error) {
	w := &inspector{uses: &uses{names: map[string]bool{}, variables: map[string]bool{}}}
	for _, n := range nodes {
		w.walk(reflect.ValueOf(n))
	}
	for name := range w.uses.names {
		if needed(name) {
			w.uses.needs = append(w.uses.needs, name)
		}
	}
	sort.Strings(w.uses.needs)
	return w.uses, w.err
}

// isQuick tells whether there is nothing in a program that could take long, or
// fill the memory, with values that are small: it is short, and has no function, no
// regular expression, no error, nothing that makes much of nothing and no name but
// those that stand there.
func (u *uses) isQuick(size int) bool {
	if size > 400 || u.loops || u.regexps || u.errors || u.dynamic {
		return false
	}
	for _, name := range u.needs {
		switch name {
		case "eval", "Function", "constructor", "RegExp", "match", "matchAll", "search", "replace", "replaceAll", "replaceFirst", "matches",
			"getOwnPropertyDescriptor", "getOwnPropertyDescriptors", "repeat", "padStart", "padEnd", "normalize":
			return false
		}
	}
	return !u.names["Array"]
}

type inspector struct {
	uses *uses
	err  error
}

// sum returns a call of the guard with the value of a sum.
func (w *inspector) sum(n ast.Expression) ast.Expression {
	w.uses.sums = true
	return callHelper(guardName, n)
}

func (w *inspector) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		w.walk(v.Elem())
		if v.CanSet() {
			if e := w.replacement(v.Interface()); e != nil {
				v.Set(reflect.ValueOf(e))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			w.node(v)
		}
	case reflect.Slice:
		for i := range v.Len() {
			w.walk(v.Index(i))
		}
	case reflect.Struct:
		w.fields(v)
	}
}

// replacement returns what stands for a node, nil for the node itself.
func (w *inspector) replacement(n any) ast.Expression {
	switch n := n.(type) {
	case *ast.BinaryExpression:
		if n.Operator == token.PLUS {
			return w.sum(n)
		}
	case *ast.AssignExpression:
		if n.Operator == token.PLUS {
			return w.sum(n)
		}
	case *ast.CallExpression:
		if dot, ok := n.Callee.(*ast.DotExpression); ok && dot.Identifier.Name == "length" && len(n.ArgumentList) == 0 {
			w.uses.names[sizeName] = true
			return callHelper(sizeName, dot.Left)
		}
	case *ast.TemplateLiteral:
		if n.Tag == nil {
			return w.sum(n)
		}
	case *ast.Identifier:
		if n.Name == "eval" {
			return &ast.Identifier{Name: evalName, Idx: n.Idx}
		}
	}
	return nil
}

func (w *inspector) node(v reflect.Value) {
	switch n := v.Interface().(type) {
	case *ast.VariableDeclaration:
		// Lists of declarations repeat what the statements hold.
		return
	case *ast.Identifier:
		w.variable(n)
		return
	case *ast.StringLiteral:
		w.name(n.Value.String())
		return
	case *ast.NumberLiteral:
		if _, ok := n.Value.(*big.Int); ok {
			w.err = errUnsupported
		}
		return
	case *ast.ThisExpression:
		w.uses.scope = true
		return
	case *ast.RegExpLiteral:
		w.uses.regexps = true
		return
	case *ast.DotExpression:
		w.name(n.Identifier.Name.String())
		if helper(n.Identifier.Name.String()) {
			w.err = errReserved
		}
		w.walk(v.Elem().FieldByName("Left"))
		return
	case *ast.BracketExpression:
		w.fields(v.Elem())
		if !constant(n.Member) {
			w.uses.dynamic = true
			n.Member = callHelper(keyName, n.Member)
		}
		return
	case *ast.PropertyKeyed:
		w.property(n, v)
		return
	case *ast.PropertyShort:
		w.variable(&n.Name)
		w.uses.hooks = w.uses.hooks || hook(n.Name.Name.String())
	case *ast.AssignExpression:
		if name, ok := targetName(n.Left); ok && hook(name) && !writtenOut(n.Right) {
			w.uses.hooks = true
		}
	case *ast.TryStatement:
		w.uses.catches = true
	case *ast.FunctionLiteral:
		w.function(v, n.Async || n.Generator)
		return
	case *ast.ArrowFunctionLiteral:
		w.function(v, n.Async)
		return
	case *ast.ClassLiteral, *ast.SpreadElement, *ast.YieldExpression, *ast.AwaitExpression:
		w.err = errUnsupported
		return
	case *ast.ArrayPattern:
		if n.Rest != nil {
			w.err = errUnsupported
		}
	}
	w.fields(v.Elem())
}

func (w *inspector) property(n *ast.PropertyKeyed, v reflect.Value) {
	if key, ok := n.Key.(*ast.StringLiteral); ok && hook(key.Value.String()) && !writtenOut(n.Value) {
		w.uses.hooks = true
	}
	w.fields(v.Elem())
	if n.Computed && !constant(n.Key) {
		w.uses.dynamic = true
		n.Key = callHelper(keyName, n.Key)
	}
}

func (w *inspector) function(v reflect.Value, unsupported bool) {
	if unsupported {
		w.err = errUnsupported
		return
	}
	w.uses.loops = true
	w.fields(v.Elem())
}

func (w *inspector) fields(v reflect.Value) {
	if id, ok := v.Interface().(ast.Identifier); ok {
		w.variable(&id)
		return
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			w.walk(v.Field(i))
		}
	}
}

func (w *inspector) name(name string) {
	w.uses.names[name] = true
	w.uses.errors = w.uses.errors || strings.HasSuffix(name, "Error")
}

func (w *inspector) variable(id *ast.Identifier) {
	name := id.Name.String()
	if helper(name) {
		w.err = errReserved
	}
	if name == "eval" {
		w.uses.scope = true
	}
	w.name(name)
	w.uses.variables[name] = true
}

func constant(e ast.Expression) bool {
	switch e.(type) {
	case *ast.StringLiteral, *ast.NumberLiteral:
		return true
	}
	return false
}

// targetName returns the name that an assignment is made to.
func targetName(e ast.Expression) (string, bool) {
	switch e := e.(type) {
	case *ast.Identifier:
		return e.Name.String(), true
	case *ast.DotExpression:
		return e.Identifier.Name.String(), true
	case *ast.BracketExpression:
		if s, ok := e.Member.(*ast.StringLiteral); ok {
			return s.Value.String(), true
		}
	}
	return "", false
}

// writtenOut tells whether a value is a function whose code stands there.
func writtenOut(e ast.Expression) bool {
	switch e.(type) {
	case *ast.FunctionLiteral, *ast.ArrowFunctionLiteral:
		return true
	}
	return false
}

func callHelper(name string, args ...ast.Expression) ast.Expression {
	var at file.Idx
	if len(args) > 0 {
		at = args[0].Idx0()
	}
	return &ast.CallExpression{
		Callee:           &ast.Identifier{Name: unistring.String(name), Idx: at},
		LeftParenthesis:  at,
		ArgumentList:     args,
		RightParenthesis: at,
	}
}
