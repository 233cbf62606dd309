package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

// Error tells that a text could not be evaluated.
type Error struct {
	// Text is the whole text as written.
	Text string
	// Reason is what JavaScript said, or which limit was exceeded.
	Reason string
	// Message is Digdag's message, made of both.
	Message string
}

// Error returns the message.
func (e *Error) Error() string {
	return e.Message
}

func failure(text, reason string) *Error {
	return &Error{Text: text, Reason: reason, Message: "Failed to evaluate a variable " + text + " (" + reason + ")"}
}

// limitError is what an evaluation is interrupted with.
type limitError struct{ reason string }

func (e limitError) Error() string { return e.reason }

var errStopped = limitError{"stopped"}

func byteSize(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// reason words an error of goja as Digdag's engine would.
func reason(err error) string {
	var interrupted *goja.InterruptedError
	if errors.As(err, &interrupted) {
		if limit, ok := interrupted.Value().(error); ok {
			return limit.Error()
		}
		return "interrupted"
	}
	var overflow *goja.StackOverflowError
	if errors.As(err, &overflow) {
		return "RangeError: Maximum call stack size exceeded"
	}
	var thrown *goja.Exception
	if errors.As(err, &thrown) {
		return thrownText(thrown.Value())
	}
	return err.Error()
}

func thrownText(v goja.Value) (text string) {
	defer func() {
		if recover() != nil {
			text = "Error"
		}
	}()
	if o, ok := v.(*goja.Object); ok && o.ClassName() == "Object" {
		if c, ok := o.Get("constructor").(*goja.Object); ok {
			return c.Get("name").String()
		}
	}
	return v.String()
}

// reword translates the wordings of goja that differ from those users know.
func reword(text string) string {
	if member, ok := strings.CutPrefix(text, "TypeError: Object has no member '"); ok {
		member = strings.TrimSuffix(member, "'")
		return "TypeError: (intermediate value)." + member + " is not a function"
	}
	if strings.HasPrefix(text, "TypeError: Cannot read property ") {
		return strings.TrimSuffix(text, " or null")
	}
	if rest, ok := strings.CutPrefix(text, "SyntaxError: SyntaxError: "); ok {
		return "SyntaxError: " + rest
	}
	switch {
	case strings.HasPrefix(text, "TypeError: Method Date.prototype."):
		return "TypeError: not a Date object"
	case text == "TypeError: No initial value":
		return "TypeError: Reduce of empty array with no initial value"
	case text == "URIError: Malformed URI":
		return "URIError: illegal escape sequence"
	}
	return text
}
