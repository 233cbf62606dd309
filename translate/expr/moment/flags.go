package moment

// Flags tell what was found when a moment was parsed.
type Flags struct {
	Empty           bool
	UnusedTokens    []string
	UnusedInput     []string
	Overflow        int // the field that is out of range, -1 none, -2 not looked at
	CharsLeftOver   int
	NullInput       bool
	InvalidMonth    string
	InvalidWeekday  string
	InvalidFormat   bool
	UserInvalidated bool
	ISO             bool
	Parts           []float64 // parsed fields; NaN where there is none
	Meridiem        string
	RFC2822         bool
	WeekdayMismatch bool
	BigHour         bool
	ByFormat        bool // a format was used

	// Which of the fields that are not in Overflow's list were out of range.
	OverflowDayOfYear, OverflowWeeks, OverflowWeekday bool

	anyPart bool
}

func newFlags() Flags { return Flags{Overflow: -2} }

// UserInvalid are the flags of a moment that was made invalid on purpose.
func UserInvalid() Flags {
	f := newFlags()
	f.UserInvalidated = true
	return f
}

// NullInput are the flags of a moment that was made of nothing.
func NullInput() Flags {
	f := newFlags()
	f.NullInput = true
	return f
}

func (f *Flags) valid(strict *bool) bool {
	if f == nil {
		return true
	}
	if f.Overflow >= 0 || f.Empty || f.InvalidMonth != "" || f.InvalidWeekday != "" || f.WeekdayMismatch ||
		f.NullInput || f.InvalidFormat || f.UserInvalidated || f.Meridiem != "" && !f.anyPart {
		return false
	}
	if strict != nil && *strict {
		return f.CharsLeftOver == 0 && len(f.UnusedTokens) == 0 && !f.BigHour
	}
	return true
}
