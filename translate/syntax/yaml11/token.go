package yaml11

// kind is the sort of a token.
type kind int

const (
	streamEnd kind = iota
	directive
	documentStart
	documentEnd
	blockSequenceStart
	blockMappingStart
	blockEnd
	flowSequenceStart
	flowSequenceEnd
	flowMappingStart
	flowMappingEnd
	blockEntry
	flowEntry
	key
	value
	alias
	anchor
	tag
	scalar
)

// names tell users what was met.
var names = map[kind]string{
	streamEnd:          "the end of the file",
	directive:          "a directive",
	documentStart:      `"---"`,
	documentEnd:        `"..."`,
	blockSequenceStart: "a list",
	blockMappingStart:  "a mapping",
	blockEnd:           "the end of the indented lines",
	flowSequenceStart:  `"["`,
	flowSequenceEnd:    `"]"`,
	flowMappingStart:   `"{"`,
	flowMappingEnd:     `"}"`,
	blockEntry:         `"-"`,
	flowEntry:          `","`,
	key:                "a key",
	value:              `":"`,
	alias:              "an alias",
	anchor:             "an anchor",
	tag:                "a tag",
	scalar:             "a text",
}

type token struct {
	kind         kind
	line, column int
	// text is the content of a scalar, the name of an anchor or alias or of a
	// directive, the suffix of a tag.
	text string
	// handle is that of a tag or of a TAG directive; no handle is "".
	handle string
	// plain is set for scalars without quotes.
	plain bool
	// version are the numbers of a YAML directive.
	version [2]int
}
