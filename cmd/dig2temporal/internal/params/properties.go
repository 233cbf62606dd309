package params

import (
	"strconv"
	"strings"
	"unicode/utf16"
)

// Properties reads a text in the format of Java's properties files, which
// Digdag's configuration is written in. Every text is valid; keys come in the
// order of the text, with repetitions.
func Properties(text string) []Pair {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	var pairs []Pair
	for text != "" {
		var line string
		line, text = logicalLine(text)
		if line == "" {
			continue
		}
		key, value := cutKey(line)
		pairs = append(pairs, Pair{unescape(key), unescape(value)})
	}
	return pairs
}

const blanks = " \t\f"

// logicalLine returns the next line with those that continue it, "" for blank
// lines and comments, and the text after it.
func logicalLine(text string) (line, rest string) {
	for first := true; ; first = false {
		var part string
		part, rest, _ = strings.Cut(text, "\n")
		part = strings.TrimLeft(part, blanks)
		if first && (part == "" || part[0] == '#' || part[0] == '!') {
			return "", rest
		}
		end := len(part) - len(strings.TrimRight(part, `\`))
		if end%2 == 0 || rest == "" {
			return line + part, rest
		}
		line += part[:len(part)-1]
		text = rest
	}
}

// cutKey parts a line at the first "=", ":" or blank that is not escaped.
func cutKey(line string) (key, value string) {
	at := len(line)
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
			continue
		}
		if strings.IndexByte("=:"+blanks, line[i]) >= 0 {
			at = i
			break
		}
	}
	value = strings.TrimLeft(line[at:], blanks)
	if value != "" && (value[0] == '=' || value[0] == ':') {
		value = strings.TrimLeft(value[1:], blanks)
	}
	return line[:at], value
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var units []uint16
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			end := i + 1
			for end < len(s) && s[end] != '\\' {
				end++
			}
			units = append(units, utf16.Encode([]rune(s[i:end]))...)
			i = end
			continue
		}
		i++
		if i == len(s) {
			break
		}
		if s[i] == 'u' && i+5 <= len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+5], 16, 16); err == nil {
				units = append(units, uint16(n))
				i += 5
				continue
			}
		}
		if at := strings.IndexByte("tnrf", s[i]); at >= 0 {
			units = append(units, uint16("\t\n\r\f"[at]))
			i++
			continue
		}
		// The escaped character stands for itself; it goes on with the text that
		// follows, so that its bytes stay together.
		end := i + 1
		for end < len(s) && s[end] != '\\' {
			end++
		}
		units = append(units, utf16.Encode([]rune(s[i:end]))...)
		i = end
	}
	return string(utf16.Decode(units))
}

// Configured returns the pairs whose keys begin with "params.", without that.
func Configured(pairs []Pair) []Pair {
	var list []Pair
	for _, p := range pairs {
		if key, ok := strings.CutPrefix(p.Key, "params."); ok {
			list = append(list, Pair{key, p.Value})
		}
	}
	return list
}
