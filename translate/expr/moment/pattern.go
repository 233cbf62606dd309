package moment

import (
	"regexp"
	"sync"
)

// pattern compiles a regular expression when it is first used. Most programs use
// none of them, and all together take longer than many an expression.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}
