package check

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/token"

	"github.com/dig2temporal/dig2temporal/translate/expr"
	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

var moments = rule{"moment", "moments are added to in units and shown in a format", func(c *checker, t *task) {
	c.expressions(t, func(source string, place func() *plan.Pos) bool {
		if !strings.Contains(source, "moment") {
			return false
		}
		messages, known := c.moments[source]
		if !known {
			messages = momentProblems(source)
			c.moments[source] = messages
		}
		for _, message := range messages {
			c.report(place(), finding.Warning, message)
		}
		return len(messages) > 0
	})
}}

// momentProblems returns what there is to say about an expression.
func momentProblems(source string) []string {
	if expr.Check(source) != nil {
		return nil
	}
	tree, err := parser.ParseFile(nil, "", "("+source+")", 0, parser.WithDisableSourceMaps)
	if err != nil || len(tree.Body) != 1 {
		return nil
	}
	var messages []string
	calls(reflect.ValueOf(tree.Body), func(call *ast.CallExpression) {
		method, isMoment := momentMethod(call)
		if !isMoment || method != "add" && method != "subtract" || len(call.ArgumentList) != 1 {
			return
		}
		if number, ok := numberText(call.ArgumentList[0]); ok {
			messages = append(messages, fmt.Sprintf("%s(%s) of a moment counts milliseconds: name a unit, like %s(%s, 'days')", method, number, method, number))
		}
	})
	if statement, ok := tree.Body[0].(*ast.ExpressionStatement); ok && isMomentValue(statement.Expression) {
		messages = append(messages, fmt.Sprintf(
			"${%s} is a moment without a format: it becomes an ISO time of UTC in quotes; add .format('YYYY-MM-DD') or the like", shorten(source)))
	}
	return messages
}

func isMomentValue(e ast.Expression) bool {
	call, ok := e.(*ast.CallExpression)
	if !ok {
		return false
	}
	method, isMoment := momentMethod(call)
	return isMoment && returnsMoment(method, len(call.ArgumentList))
}

// momentMethod returns the method that is called on a moment, "" for moment()
// itself.
func momentMethod(call *ast.CallExpression) (string, bool) {
	switch callee := call.Callee.(type) {
	case *ast.Identifier:
		return "", callee.Name == "moment"
	case *ast.DotExpression:
		method := callee.Identifier.Name.String()
		switch left := callee.Left.(type) {
		case *ast.Identifier:
			// moment.utc() and moment.unix() make moments, moment.duration() does not.
			return "", left.Name == "moment" && (method == "utc" || method == "unix" || method == "parseZone")
		case *ast.CallExpression:
			return method, isMomentValue(left)
		}
	}
	return "", false
}

// returnsMoment tells whether a method of a moment returns the moment. Setters
// do when they have an argument.
func returnsMoment(method string, arguments int) bool {
	switch method {
	case "", "add", "subtract", "startOf", "endOf", "utc", "local", "clone", "set":
		return true
	case "locale", "utcOffset", "zone", "year", "years", "month", "months", "date", "dates", "day", "days", "hour", "hours",
		"minute", "minutes", "second", "seconds", "millisecond", "milliseconds", "week", "weeks", "isoWeek", "isoWeeks",
		"weekday", "isoWeekday", "dayOfYear", "quarter", "quarters":
		return arguments > 0
	}
	return false
}

func numberText(e ast.Expression) (string, bool) {
	if unary, ok := e.(*ast.UnaryExpression); ok && (unary.Operator == token.MINUS || unary.Operator == token.PLUS) {
		text, isNumber := numberText(unary.Operand)
		return unary.Operator.String() + text, isNumber
	}
	if n, ok := e.(*ast.NumberLiteral); ok {
		return n.Literal, true
	}
	return "", false
}

// calls visits every call in a piece of syntax tree.
func calls(v reflect.Value, visit func(*ast.CallExpression)) {
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return
		}
		switch n := v.Interface().(type) {
		case *ast.VariableDeclaration:
			// Lists of declarations repeat what the statements hold.
			return
		case *ast.CallExpression:
			visit(n)
		}
		calls(v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			calls(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				calls(v.Field(i), visit)
			}
		}
	}
}
