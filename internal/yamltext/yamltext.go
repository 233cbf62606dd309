// Package yamltext writes JSON values as YAML for people to read, in the style
// of Digdag: texts in double quotes, everything else bare, lists not indented.
package yamltext

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Text returns the value with a line break at its end.
func Text(v any) string {
	var b strings.Builder
	write(&b, v, "")
	return b.String()
}

// write writes a value whose further lines are indented.
func write(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case *ordered.Object:
		if v.Len() > 0 {
			writeObject(b, v, indent)
			return
		}
		b.WriteString("{}\n")
	case []any:
		if len(v) == 0 {
			b.WriteString("[]\n")
			return
		}
		for i, e := range v {
			if i > 0 {
				b.WriteString(indent)
			}
			b.WriteString("- ")
			write(b, e, indent+"  ")
		}
	default:
		b.WriteString(scalar(v) + "\n")
	}
}

// scalar returns the JSON text of a value without the characters that JSON
// allows and YAML does not, or takes for line breaks.
func scalar(v any) string {
	text := ordered.Text(v)
	clean := true
	for _, r := range text {
		clean = clean && !special(r)
	}
	if clean {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if special(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func special(r rune) bool {
	return r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xfffe && r <= 0xffff
}

func writeObject(b *strings.Builder, o *ordered.Object, indent string) {
	for i, k := range o.Keys() {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(key(k) + ":")
		v, _ := o.Get(k)
		below := indent
		switch v := v.(type) {
		case *ordered.Object:
			if v.Len() > 0 {
				below += "  "
				b.WriteString("\n" + below)
				break
			}
			b.WriteByte(' ')
		case []any:
			if len(v) > 0 {
				b.WriteString("\n" + below)
				break
			}
			b.WriteByte(' ')
		default:
			b.WriteByte(' ')
		}
		write(b, v, below)
	}
}

var (
	bare = regexp.MustCompile(`^[A-Za-z_+][A-Za-z0-9_+.>/-]*$`)
	word = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off)$`)
)

// key returns a key, in quotes when it would not be read back as a text.
func key(k string) string {
	if bare.MatchString(k) && !word.MatchString(k) {
		return k
	}
	return scalar(k)
}
