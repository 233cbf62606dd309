package expr

import (
	"strings"
	"sync"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
)

// scopeName is the scope of the text, for the code that eval runs.
const scopeName = "$scope$"

// The code that a program makes at run time is inspected as the program itself
// is. For that, eval and Function are ours; what eval runs sees the parameters
// and globals, but not the variables of the functions around it.

var functionShim = sync.OnceValue(func() *goja.Program {
	return goja.MustCompile("Function", `(function(Native,make){
	function Function(){return make.apply(null,arguments)}
	Function.prototype=Native.prototype;
	Object.defineProperty(Native.prototype,'constructor',{value:Function,writable:true,enumerable:false,configurable:true});
	return Function;
})`, false)
})

var regExpShim = sync.OnceValue(func() *goja.Program {
	return goja.MustCompile("RegExp", `(function(Native,check){
	function RegExp(pattern,flags){
		check(pattern);
		return this instanceof RegExp||flags!==undefined?new Native(pattern,flags):Native(pattern);
	}
	RegExp.prototype=Native.prototype;
	Object.defineProperty(Native.prototype,'constructor',{value:RegExp,writable:true,enumerable:false,configurable:true});
	return RegExp;
})`, false)
})

// eval runs a text as a program, with the parameters in scope.
func (r *run) eval(call goja.FunctionCall) goja.Value {
	code, ok := call.Argument(0).(goja.String)
	if !ok {
		return call.Argument(0)
	}
	return r.runCode("with("+scopeName+"){"+code.String()+"\n}", func(tree *ast.Program) ast.Node {
		if with, ok := tree.Body[0].(*ast.WithStatement); ok {
			return with.Body
		}
		return nil
	})
}

// makeFunction is the constructor Function: parameters, then the body.
func (r *run) makeFunction(call goja.FunctionCall) goja.Value {
	var parameters []string
	body := ""
	for i, v := range call.Arguments {
		if i == len(call.Arguments)-1 {
			body = v.String()
		} else {
			parameters = append(parameters, v.String())
		}
	}
	return r.runCode("(function anonymous("+strings.Join(parameters, ",")+"\n){\n"+body+"\n})", func(tree *ast.Program) ast.Node {
		if statement, ok := tree.Body[0].(*ast.ExpressionStatement); ok {
			if f, ok := statement.Expression.(*ast.FunctionLiteral); ok {
				return f
			}
		}
		return nil
	})
}

// runCode runs code whose only statement is as it was meant to be: inner returns
// the part of it that the program made, nil if it broke out of it.
func (r *run) runCode(source string, inner func(*ast.Program) ast.Node) goja.Value {
	r.enter()
	defer r.leave()
	if err := checkSize(source); err != nil {
		r.syntaxError(err)
	}
	tree, err := parse(source)
	if err != nil {
		r.syntaxError(err)
	}
	if len(tree.Body) != 1 {
		r.syntaxError(errNoExpression)
	}
	node := inner(tree)
	if node == nil {
		r.syntaxError(errNoExpression)
	}
	u, err := inspect(node)
	if err != nil {
		r.syntaxError(err)
	}
	r.admit(u)
	code, err := goja.CompileAST(tree, false)
	if err != nil {
		r.syntaxError(syntaxProblem(err))
	}
	v, err := r.rt.RunProgram(code)
	if err != nil {
		panic(err)
	}
	return v
}

func (r *run) syntaxError(err error) {
	r.throw("SyntaxError", strings.TrimPrefix(err.Error(), "SyntaxError: "))
}
