package yaml11

func (s *scanner) fetchEnd() error {
	s.unwind(-1)
	if err := s.dropKey(); err != nil {
		return err
	}
	s.add(streamEnd, s.line, s.column)
	s.done = true
	return nil
}

func (s *scanner) fetchMarker(k kind) error {
	s.unwind(-1)
	if err := s.dropKey(); err != nil {
		return err
	}
	s.keyAllowed = false
	s.addHere(k, 3)
	return nil
}

func (s *scanner) fetchOpen(k kind) error {
	if err := s.saveKey(); err != nil {
		return err
	}
	s.flow++
	s.keys = append(s.keys, possibleKey{})
	s.keyAllowed = true
	s.addHere(k, 1)
	return nil
}

func (s *scanner) fetchClose(k kind) error {
	if s.flow == 0 {
		return s.fail("%s closes nothing", names[k])
	}
	s.flow--
	s.keys = s.keys[:len(s.keys)-1]
	s.keyAllowed = false
	s.addHere(k, 1)
	return nil
}

func (s *scanner) fetchFlowEntry() error {
	s.keyAllowed = true
	if err := s.dropKey(); err != nil {
		return err
	}
	s.addHere(flowEntry, 1)
	return nil
}

func (s *scanner) fetchBlockEntry() error {
	if s.flow == 0 {
		if !s.keyAllowed {
			return s.fail(`a list item ("-") is not allowed here`)
		}
		if s.begin(s.column) {
			s.add(blockSequenceStart, s.line, s.column)
		}
	}
	s.keyAllowed = true
	if err := s.dropKey(); err != nil {
		return err
	}
	s.addHere(blockEntry, 1)
	return nil
}

// fetchKey reads a "?".
func (s *scanner) fetchKey() error {
	if s.flow == 0 {
		if !s.keyAllowed {
			return s.fail(`a key ("?") is not allowed here`)
		}
		if s.begin(s.column) {
			s.add(blockMappingStart, s.line, s.column)
		}
	}
	s.keyAllowed = s.flow == 0
	if err := s.dropKey(); err != nil {
		return err
	}
	s.addHere(key, 1)
	return nil
}

// fetchValue reads a ":".
func (s *scanner) fetchValue() error {
	if k := s.keys[s.flow]; k.possible {
		s.keys[s.flow].possible = false
		s.insert(key, k.number, k.line, k.column)
		if s.flow == 0 && s.begin(k.column) {
			s.insert(blockMappingStart, k.number, k.line, k.column)
		}
		s.keyAllowed = false
		s.addHere(value, 1)
		return nil
	}
	if s.flow == 0 {
		if !s.keyAllowed {
			return s.unexpectedColon()
		}
		if s.begin(s.column) {
			s.add(blockMappingStart, s.line, s.column)
		}
	}
	s.keyAllowed = s.flow == 0
	s.addHere(value, 1)
	return nil
}

// unexpectedColon tells the two usual mistakes apart: a text with a ": " in it,
// and a line without a ":", which goes on into the next.
func (s *scanner) unexpectedColon() error {
	if n := len(s.queue); n > s.head {
		if t := s.queue[n-1]; t.kind == scalar && t.line < s.line {
			return s.fail(`":" is not allowed here, because the text that begins in line %d goes on into this line: is there a ":" missing?`, t.line+1)
		}
	}
	return s.fail(`":" is not allowed here: a text that contains ": " must stand in quotes`)
}

func (s *scanner) fetchAnchor(c rune) error {
	if err := s.saveKey(); err != nil {
		return err
	}
	s.keyAllowed = false
	k, what := anchor, "an anchor"
	if c == '*' {
		k, what = alias, "an alias"
	}
	line, column := s.line, s.column
	s.advance(1)
	length := 0
	for isWord(s.peekAt(length)) {
		length++
	}
	after := s.peekAt(length)
	if length == 0 {
		return s.fail("expected the name of %s but got %s: a text that begins with %q must stand in quotes", what, show(after), string(c))
	}
	name := s.take(length)
	switch {
	case isGap(after):
	case after == '?', after == ':', after == ',', after == ']', after == '}', after == '%', after == '@', after == '`':
	default:
		return s.fail("%s is not allowed in the name of %s: a text that begins with %q must stand in quotes", show(after), what, string(c))
	}
	s.add(k, line, column).text = name
	return nil
}

func (s *scanner) fetchDirective() error {
	s.unwind(-1)
	if err := s.dropKey(); err != nil {
		return err
	}
	s.keyAllowed = false
	t := token{kind: directive, line: s.line, column: s.column}
	s.advance(1)
	length := 0
	for isWord(s.peekAt(length)) {
		length++
	}
	if after := s.peekAt(length); length == 0 || after != ' ' && !isEndOrBreak(after) {
		return s.fail(`expected the name of a directive after "%%": a text that begins with "%%" must stand in quotes`)
	}
	t.text = s.take(length)
	var err error
	switch t.text {
	case "YAML":
		t.version, err = s.yamlVersion()
	case "TAG":
		t.handle, t.text, err = s.tagDirective()
	default:
		for !isEndOrBreak(s.peek()) {
			s.advance(1)
		}
	}
	if err != nil {
		return err
	}
	s.skipBlanks()
	s.skipComment()
	if c := s.peek(); !isEndOrBreak(c) {
		return s.fail("expected the end of the line after a directive but got %s", show(c))
	}
	s.takeBreak()
	s.queue = append(s.queue, t)
	return nil
}

func (s *scanner) yamlVersion() ([2]int, error) {
	var v [2]int
	s.skipBlanks()
	for i := range v {
		if i > 0 {
			if s.peek() != '.' {
				return v, s.fail("expected a version like 1.1")
			}
			s.advance(1)
		}
		digits := 0
		for ; s.peek() >= '0' && s.peek() <= '9'; digits++ {
			v[i] = min(v[i]*10+int(s.peek()-'0'), 1<<20)
			s.advance(1)
		}
		if digits == 0 {
			return v, s.fail("expected a version like 1.1")
		}
	}
	if c := s.peek(); c != ' ' && !isEndOrBreak(c) {
		return v, s.fail("expected a version like 1.1")
	}
	return v, nil
}
