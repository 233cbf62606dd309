package yaml11

// scanner turns the text into tokens.
//
// Where a mapping without brackets begins is seen only at the ":" behind its
// first key. So whatever may be a key is remembered when it is read, one for
// each level of brackets, and a token is given away only when nothing can be
// put before it any more. Lines that are less indented than the block they
// follow end it.
type scanner struct {
	*input
	// queue are the tokens that are read; those before head are taken. taken is
	// the number of all that are.
	queue []token
	head  int
	taken int
	done  bool
	// err is what stopped the scanner; it never goes on after it.
	err error
	// flow is the number of open brackets.
	flow int
	// indent is the column of the block around, -1 for none; indents are those
	// around it.
	indent  int
	indents []int
	// keyAllowed tells that a key may begin here.
	keyAllowed bool
	// keys holds for each level of brackets what may turn out to be a key.
	keys []possibleKey
}

// possibleKey is a token that a ":" would make a key.
type possibleKey struct {
	possible bool
	// required keys begin a line of a block: there must be a ":".
	required         bool
	number           int
	at, line, column int
}

// maxKey is how far behind the beginning of a key its ":" may stand.
const maxKey = 1024

func newScanner(in *input) *scanner {
	return &scanner{input: in, indent: -1, keyAllowed: true, keys: make([]possibleKey, 1)}
}

// peekToken returns the next token without taking it.
func (s *scanner) peekToken() (*token, error) {
	for s.err == nil && !s.done && s.needMore() {
		s.err = s.fetch()
	}
	if s.err != nil {
		return nil, s.err
	}
	return &s.queue[s.head], nil
}

// next takes the token that peekToken returned.
func (s *scanner) next() token {
	t := s.queue[s.head]
	s.taken++
	s.head++
	// The room of taken tokens is used again once there is as much of it as there
	// are others.
	if rest := len(s.queue) - s.head; rest <= s.head {
		copy(s.queue, s.queue[s.head:])
		s.queue, s.head = s.queue[:rest], 0
	}
	return t
}

func (s *scanner) needMore() bool {
	if s.head == len(s.queue) {
		return true
	}
	for i := range s.keys {
		if s.keys[i].possible {
			return s.keys[i].number == s.taken
		}
	}
	return false
}

func (s *scanner) add(k kind, line, column int) *token {
	s.queue = append(s.queue, token{kind: k, line: line, column: column})
	return &s.queue[len(s.queue)-1]
}

// addHere adds the token of an indicator and goes behind it.
func (s *scanner) addHere(k kind, length int) {
	s.add(k, s.line, s.column)
	s.advance(length)
}

// insert puts a token before one that is in the queue already.
func (s *scanner) insert(k kind, number int, line, column int) {
	i := s.head + number - s.taken
	s.queue = append(s.queue, token{})
	copy(s.queue[i+1:], s.queue[i:])
	s.queue[i] = token{kind: k, line: line, column: column}
}

func (s *scanner) fail(format string, args ...any) error {
	return errorAt(s.line, s.column, format, args...)
}

// fetch reads one token more.
func (s *scanner) fetch() error {
	s.skipToToken()
	if err := s.dropStaleKeys(); err != nil {
		return err
	}
	s.unwind(s.column)
	c := s.peek()
	gap := isGap(s.peekAt(1))
	switch c {
	case end:
		return s.fetchEnd()
	case '%':
		if s.column == 0 {
			return s.fetchDirective()
		}
	case '-':
		if s.atMarker('-') {
			return s.fetchMarker(documentStart)
		}
		if gap {
			return s.fetchBlockEntry()
		}
	case '.':
		if s.atMarker('.') {
			return s.fetchMarker(documentEnd)
		}
	case '[':
		return s.fetchOpen(flowSequenceStart)
	case '{':
		return s.fetchOpen(flowMappingStart)
	case ']':
		return s.fetchClose(flowSequenceEnd)
	case '}':
		return s.fetchClose(flowMappingEnd)
	case ',':
		return s.fetchFlowEntry()
	case '?':
		if s.flow > 0 || gap {
			return s.fetchKey()
		}
	case ':':
		if s.flow > 0 || gap {
			return s.fetchValue()
		}
	case '*', '&':
		return s.fetchAnchor(c)
	case '!':
		return s.fetchTag()
	case '|', '>':
		if s.flow == 0 {
			return s.fetchBlockScalar(c)
		}
	case '\'', '"':
		return s.fetchQuoted(c)
	}
	if s.atPlain(c, gap) {
		return s.fetchPlain()
	}
	if c == '\t' {
		return s.fail("a tab can't separate or indent anything here: use blanks")
	}
	return s.fail("%s can't begin a text: put the text into quotes", show(c))
}

// skipToToken goes behind blanks, comments and line breaks.
func (s *scanner) skipToToken() {
	if s.at == 0 && s.peek() == 0xfeff {
		s.advance(1)
	}
	for {
		s.skipBlanks()
		s.skipComment()
		if s.takeBreak() == "" {
			return
		}
		if s.flow == 0 {
			s.keyAllowed = true
		}
	}
}

// atMarker tells whether "---" or "..." stands here, alone at the beginning of a
// line.
func (s *scanner) atMarker(c rune) bool {
	return s.column == 0 && s.hasThree(c) && isGap(s.peekAt(3))
}

// atPlain tells whether a text without quotes begins here.
func (s *scanner) atPlain(c rune, gap bool) bool {
	switch c {
	case '-':
		return !gap
	case '?', ':':
		return s.flow == 0 && !gap
	case ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`':
		return false
	}
	return !isGap(c)
}

// unwind ends the blocks that are indented deeper than a column.
func (s *scanner) unwind(column int) {
	for s.flow == 0 && s.indent > column {
		s.add(blockEnd, s.line, s.column)
		s.indent = s.indents[len(s.indents)-1]
		s.indents = s.indents[:len(s.indents)-1]
	}
}

// begin opens a block at a column if it is deeper than the one around.
func (s *scanner) begin(column int) bool {
	if s.indent >= column {
		return false
	}
	s.indents = append(s.indents, s.indent)
	s.indent = column
	return true
}

// saveKey remembers that the token which begins here may be a key.
func (s *scanner) saveKey() error {
	if !s.keyAllowed {
		return nil
	}
	if err := s.dropKey(); err != nil {
		return err
	}
	s.keys[s.flow] = possibleKey{
		possible: true,
		required: s.flow == 0 && s.indent == s.column,
		number:   s.taken + len(s.queue) - s.head,
		at:       s.at, line: s.line, column: s.column,
	}
	return nil
}

// dropKey forgets the possible key of this level.
func (s *scanner) dropKey() error {
	k := &s.keys[s.flow]
	if k.possible && k.required {
		return s.missingColon(k)
	}
	k.possible = false
	return nil
}

// dropStaleKeys forgets keys whose ":" is too far away.
func (s *scanner) dropStaleKeys() error {
	for i := range s.keys {
		k := &s.keys[i]
		if !k.possible || k.line == s.line && s.at-k.at <= maxKey {
			continue
		}
		if k.required {
			return s.missingColon(k)
		}
		k.possible = false
	}
	return nil
}

func (s *scanner) missingColon(k *possibleKey) error {
	if k.line == s.line && s.at-k.at > maxKey {
		return errorAt(k.line, k.column, `expected ":" within %d characters after the beginning of a key`, maxKey)
	}
	return errorAt(k.line, k.column, `expected a key followed by ":"`)
}
