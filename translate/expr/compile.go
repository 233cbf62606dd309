package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
)

// maxSource is how many bytes an expression may have, and maxNesting how deep
// its brackets may nest: the parser and the compiler are recursive, their time
// grows with the square of the length, and a Go stack that overflows ends the
// process. maxSources is for all expressions of a text together.
const (
	maxSource  = 20_000
	maxSources = 200_000
	maxNesting = 500
)

// reserved tells whether a parameter of that name is hidden, as it is by what
// Digdag's own template declares.
func reserved(name string) bool {
	switch name {
	case "__p", "__t", "__j", "print":
		return true
	}
	return helper(name)
}

// program is a compiled text.
type program struct {
	parts []Part
	// paths holds, for each expression in turn, the names a.b.c that it consists
	// of. It is nil when one of them is more than that.
	paths [][]string
	code  *goja.Program
	uses  *uses
	// traced tells that the code tells more of its errors.
	traced bool
	// problem is what Digdag would say of a text that is no JavaScript.
	problem string
}

// Check tells whether an expression is JavaScript, and what is wrong if it is
// not.
func Check(expression string) error {
	if expression == "" {
		return nil
	}
	if err := checkSize(expression); err != nil {
		return err
	}
	e, err := parseExpression(expression)
	if err != nil {
		return err
	}
	if _, err := inspect(e); err != nil {
		return fmt.Errorf("SyntaxError: %w", err)
	}
	return nil
}

func compile(text string) *program {
	p := &program{parts: Scan(text)}
	paths := [][]string{}
	size := 0
	for _, part := range p.parts {
		if !part.Expression {
			continue
		}
		size += len(part.Text)
		if path := splitPath(part.Text); path == nil {
			paths = nil
		} else if paths != nil {
			paths = append(paths, path)
		}
	}
	p.paths = paths
	if size > 0 {
		if err := p.compile(false); err != nil {
			p.problem = err.Error()
		}
	}
	return p
}

// compile makes the code: a function that hands the value of each expression in
// turn to emit, inside with(scope). A traced program tells more of its errors.
func (p *program) compile(traced bool) error {
	var source strings.Builder
	source.WriteString("(function(print){var __t,__p='',__j;with(this){")
	n, size := 0, 0
	for _, part := range p.parts {
		if !part.Expression || part.Text == "" {
			continue
		}
		if err := checkSize(part.Text); err != nil {
			return err
		}
		size += len(part.Text)
		source.WriteString(emitName + "((" + part.Text + "));\n")
		n++
	}
	source.WriteString("}})")
	if source.Len() > maxSources {
		return errTooManySources
	}
	tree, err := parse(source.String())
	if err != nil {
		return p.syntaxError(err)
	}
	calls := emitCalls(tree, n)
	if calls == nil {
		return p.syntaxError(errNoExpression)
	}
	if p.uses, err = inspectArguments(calls); err != nil {
		return fmt.Errorf("SyntaxError: %w", err)
	}
	p.uses.quick = p.uses.isQuick(size)
	if p.traced = traced || p.uses.catches; p.traced {
		trace(calls)
	}
	if p.code, err = goja.CompileAST(tree, false); err != nil {
		return syntaxProblem(err)
	}
	return nil
}

// inspectArguments inspects the expressions that calls of emit are given.
func inspectArguments(calls []*ast.CallExpression) (*uses, error) {
	lists := make([]ast.Node, len(calls))
	for i, call := range calls {
		lists[i] = &ast.ArrayLiteral{Value: call.ArgumentList}
	}
	return inspect(lists...)
}

// syntaxError finds which expression is to blame.
func (p *program) syntaxError(whole error) error {
	for _, part := range p.parts {
		if part.Expression && part.Text != "" {
			if err := Check(part.Text); err != nil {
				return err
			}
		}
	}
	return whole
}

var (
	errTooMuchSource  = fmt.Errorf("SyntaxError: an expression of more than %d bytes", maxSource)
	errTooManySources = fmt.Errorf("SyntaxError: expressions of more than %d bytes in one text", maxSources)
	errTooDeep        = fmt.Errorf("SyntaxError: brackets nested deeper than %d levels", maxNesting)
	errNoExpression   = errors.New("SyntaxError: expected one expression")
)

func checkSize(source string) error {
	if len(source) > maxSource {
		return errTooMuchSource
	}
	depth := 0
	for i := range len(source) {
		switch source[i] {
		case '(', '[', '{':
			if depth++; depth > maxNesting {
				return errTooDeep
			}
		case ')', ']', '}':
			if depth > 0 {
				depth--
			}
		}
	}
	return nil
}

func parse(source string) (*ast.Program, error) {
	tree, err := parser.ParseFile(nil, "", source, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, syntaxProblem(err)
	}
	return tree, nil
}

func syntaxProblem(err error) error {
	var list parser.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return errors.New("SyntaxError: " + list[0].Message)
	}
	var one *goja.CompilerSyntaxError
	if errors.As(err, &one) {
		return errors.New("SyntaxError: " + one.Message)
	}
	return fmt.Errorf("SyntaxError: %w", err)
}

func parseExpression(source string) (ast.Expression, error) {
	tree, err := parse("(" + source + ")")
	if err != nil {
		return nil, err
	}
	if len(tree.Body) != 1 {
		return nil, errNoExpression
	}
	statement, ok := tree.Body[0].(*ast.ExpressionStatement)
	if !ok {
		return nil, errNoExpression
	}
	return statement.Expression, nil
}

// emitCalls returns the n calls of emit, and nil when an expression did not stay
// inside the brackets that were put around it.
func emitCalls(tree *ast.Program, n int) []*ast.CallExpression {
	if len(tree.Body) != 1 {
		return nil
	}
	statement, ok := tree.Body[0].(*ast.ExpressionStatement)
	if !ok {
		return nil
	}
	function, ok := statement.Expression.(*ast.FunctionLiteral)
	if !ok || len(function.Body.List) != 2 {
		return nil
	}
	with, ok := function.Body.List[1].(*ast.WithStatement)
	if !ok {
		return nil
	}
	block, ok := with.Body.(*ast.BlockStatement)
	if !ok || len(block.List) != n {
		return nil
	}
	calls := make([]*ast.CallExpression, n)
	for i, s := range block.List {
		statement, ok := s.(*ast.ExpressionStatement)
		if !ok {
			return nil
		}
		call, ok := statement.Expression.(*ast.CallExpression)
		if !ok || len(call.ArgumentList) != 1 {
			return nil
		}
		if name, ok := call.Callee.(*ast.Identifier); !ok || name.Name != emitName {
			return nil
		}
		calls[i] = call
	}
	return calls
}
