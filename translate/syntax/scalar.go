package syntax

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

// Plain scalars become what Digdag's own resolver makes of them: YAML 1.1 with
// fewer booleans, no timestamps, no sexagesimal integers, and no float that
// begins with a zero.
var (
	boolPattern  = regexp.MustCompile(`^(?:[Tt]rue|[Ff]alse)$`)
	intPattern   = regexp.MustCompile(`^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+)$`)
	floatPattern = regexp.MustCompile(`^(?:[-+]?(?:\.[0-9]+|[1-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	nullPattern  = regexp.MustCompile(`^(?:~|null|Null|NULL)$`)
)

// The tags of YAML that values resolve to.
const (
	tagPrefix = "tag:yaml.org,2002:"
	tagNull   = tagPrefix + "null"
	tagBool   = tagPrefix + "bool"
	tagInt    = tagPrefix + "int"
	tagFloat  = tagPrefix + "float"
	tagStr    = tagPrefix + "str"
	tagMerge  = tagPrefix + "merge"
	tagSeq    = tagPrefix + "seq"
	tagMap    = tagPrefix + "map"
)

// plainTag is the tag of a scalar without quotes and without a tag of its own.
func plainTag(text string) string {
	if text == "" {
		return tagNull
	}
	switch c := text[0]; {
	case c == '<' && text == "<<":
		return tagMerge
	case strings.IndexByte("tTfF", c) >= 0 && boolPattern.MatchString(text):
		return tagBool
	case strings.IndexByte("~nN", c) >= 0 && nullPattern.MatchString(text):
		return tagNull
	case strings.IndexByte("-+0123456789.", c) >= 0:
		// Digits that fit both are integers: the integer pattern is tried first.
		if intPattern.MatchString(text) {
			return tagInt
		}
		if floatPattern.MatchString(text) {
			return tagFloat
		}
	}
	return tagStr
}

// maxDigits limits the integers that are read, whose conversion takes time that
// grows faster than their length.
const maxDigits = 10000

// intValue reads an integer of YAML 1.1: binary, octal, hexadecimal, decimal and
// (only with an explicit tag) sexagesimal.
func intValue(text string) (json.Number, bool) {
	digits, negative := unsigned(strings.ReplaceAll(text, "_", ""))
	if digits == "" || len(digits) > maxDigits {
		return "", false
	}
	base := 10
	switch {
	case digits == "0":
	case strings.HasPrefix(digits, "0b"):
		digits, base = digits[2:], 2
	case strings.HasPrefix(digits, "0x"):
		digits, base = digits[2:], 16
	case digits[0] == '0':
		digits, base = digits[1:], 8
	case strings.Contains(digits, ":"):
		return sexagesimalInt(digits, negative)
	}
	if strings.ContainsAny(digits, "+-") {
		return "", false
	}
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return "", false
	}
	if negative {
		n.Neg(n)
	}
	return json.Number(n.String()), true
}

func sexagesimalInt(text string, negative bool) (json.Number, bool) {
	total := new(big.Int)
	for part := range strings.SplitSeq(text, ":") {
		n, err := strconv.ParseInt(part, 10, 32)
		if err != nil {
			return "", false
		}
		total.Add(total.Mul(total, big.NewInt(60)), big.NewInt(n))
	}
	if negative {
		total.Neg(total)
	}
	return json.Number(total.String()), true
}

func unsigned(text string) (digits string, negative bool) {
	if strings.HasPrefix(text, "-") {
		return text[1:], true
	}
	return strings.TrimPrefix(text, "+"), false
}

// floatValue reads a float. Infinity and not-a-number have no JSON number; they
// are texts, as in Digdag.
func floatValue(text string) (any, bool) {
	digits, negative := unsigned(strings.ReplaceAll(text, "_", ""))
	switch strings.ToLower(digits) {
	case ".inf":
		return floatScalar(math.Inf(1), negative), true
	case ".nan":
		return "NaN", true
	}
	if !strings.Contains(digits, ":") {
		f, ok := decimal(digits)
		return floatScalar(f, negative), ok
	}
	total := 0.0
	for part := range strings.SplitSeq(digits, ":") {
		f, ok := decimal(part)
		if !ok {
			return nil, false
		}
		total = total*60 + f
	}
	return floatScalar(total, negative), true
}

func decimal(text string) (float64, bool) {
	if strings.Trim(text, "0123456789.eE+-") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	// Out of range is an infinity or a zero, not a mistake.
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func floatScalar(f float64, negative bool) any {
	if negative {
		f = -f
	}
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return json.Number(ordered.FloatText(f))
}
