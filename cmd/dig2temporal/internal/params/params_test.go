package params

import (
	"testing"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
)

func TestArgument(t *testing.T) {
	for _, c := range []struct{ given, want string }{
		{"x=1", "x=1"},
		{" trim= z ", "trim= z"},
		{`"quoted=q"`, "quoted=q"},
		{` "quoted=q" `, "quoted=q"},
		{`""a""`, `"a"`},
		{`" a "`, " a "},
		{`"`, `"`},
		{`"a`, `"a`},
		{"\t\x00a\n", "a"},
		{"", ""},
	} {
		if got := Argument(c.given); got != c.want {
			t.Errorf("Argument(%q) = %q, want %q", c.given, got, c.want)
		}
	}
}

func TestParams(t *testing.T) {
	for _, c := range []struct {
		under   string
		options []string
		want    string
	}{
		{`{}`, []string{"a=1,b=2"}, `{"a":"1","b":"2"}`},
		{`{}`, []string{"list=a,b,c"}, `{"list":"a,b,c"}`},
		{`{}`, []string{"eq=a=b=c"}, `{"eq":"a=b=c"}`},
		{`{}`, []string{"empty="}, `{"empty":""}`},
		{`{}`, []string{"gap=x,, y,"}, `{"gap":"x,, y"}`},
		{`{}`, []string{"x=1", "x=2"}, `{"x":"2"}`},
		{`{}`, []string{"x=1", "y=2", "x=3"}, `{"x":"3","y":"2"}`},
		{`{}`, []string{"db.host=h1", "db.port=5432"}, `{"db":{"host":"h1","port":"5432"}}`},
		{`{"db":{"host":"a","port":1},"n":2}`, []string{"db.host=b"}, `{"db":{"host":"b","port":1},"n":2}`},
		{`{"db":{"host":"a"}}`, []string{"db=b"}, `{"db":"b"}`},
		{`{}`, []string{"a=x", ",b=y"}, `{"a":"x,","b":"y"}`},
		{`{}`, []string{"a.=1"}, `{"a":"1"}`},
		{`{}`, []string{".a=1"}, `{"":{"a":"1"}}`},
		{`{}`, []string{"a..b=1"}, `{"a":{"":{"b":"1"}}}`},
		{`{}`, []string{"=v"}, `{"":"v"}`},
		{`{}`, nil, `{}`},
	} {
		under, err := ordered.ParseObject([]byte(c.under))
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := Parse(c.options)
		if err != nil {
			t.Errorf("%q: %v", c.options, err)
			continue
		}
		got, err := Merge(under, pairs)
		if err != nil {
			t.Errorf("%q: %v", c.options, err)
			continue
		}
		if ordered.Text(got) != c.want {
			t.Errorf("%q over %s = %s, want %s", c.options, c.under, ordered.Text(got), c.want)
		}
		if ordered.Text(under) != c.under {
			t.Errorf("%q changed what it was merged over: %s", c.options, ordered.Text(under))
		}
	}
}

func TestParamErrors(t *testing.T) {
	for _, c := range []struct {
		under   string
		options []string
		want    string
	}{
		{`{}`, []string{"novalue"}, "Parameter -p expected a value of the form a=b but got:novalue"},
		{`{}`, []string{"a=1", "novalue"}, "Parameter -p expected a value of the form a=b but got:novalue"},
		{`{}`, []string{",x=1"}, "Parameter -p expected a value of the form a=b before the first comma but got:,x=1"},
		{`{"a":"1"}`, []string{"a.b=1"}, `Parameter 'a.b' is set but 'a' is not a object ("1") (config)`},
		{`{"a":{"b":[1]}}`, []string{"a.b.c=1"}, `Parameter 'a.b.c' is set but 'a.b' is not a object ([1]) (config)`},
		{`{"a":null}`, []string{"a.b=1"}, `Parameter 'a.b' is set but 'a' is not a object (null) (config)`},
		{`{}`, []string{"..=1"}, "Parameter '..' has no name (config)"},
	} {
		under, err := ordered.ParseObject([]byte(c.under))
		if err != nil {
			t.Fatal(err)
		}
		pairs, err := Parse(c.options)
		if err == nil {
			_, err = Merge(under, pairs)
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%q over %s: %v, want %s", c.options, c.under, err, c.want)
		}
	}
}

func FuzzParams(f *testing.F) {
	f.Add("a=1,b", "c.d=2")
	f.Add(",", "=")
	f.Add("a.b.c=1", "a.b=2,a.b.c=3")
	f.Fuzz(func(t *testing.T, one, two string) {
		pairs, err := Parse([]string{Argument(one), Argument(two)})
		if err != nil {
			return
		}
		merged, err := Merge(nil, pairs)
		if err == nil && merged == nil {
			t.Error("neither params nor an error")
		}
	})
}
