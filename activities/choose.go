package activities

import (
	"strings"
	"time"

	"github.com/dig2temporal/dig2temporal/internal/ordered"
	"github.com/dig2temporal/dig2temporal/translate/config"
)

// TypeOf returns the operator that a task runs, which is not always the one
// that it names: an exported "sh>" comes first. sure is false when that depends
// on an expression.
func TypeOf(params, local *ordered.Object) (name string, sure bool) {
	// What lies elsewhere holds no key that matters here.
	params = params.Resolve(func(string) *ordered.Object { return nil })
	all := params
	if local.Has("_type") || params.Has("_type") {
		v, ok := local.Get("_type")
		if !ok {
			v, _ = params.Get("_type")
		}
		name, err := config.Text("_type", v)
		return name, err == nil && !strings.Contains(name, "$")
	}
	if key := operatorKey(all); key != "" {
		return key[:len(key)-1], true
	}
	if key := operatorKey(local); key != "" {
		return key[:len(key)-1], true
	}
	return "", true
}

func operatorKey(o *ordered.Object) string {
	for _, k := range o.Keys() {
		if len(k) > 0 && k[len(k)-1] == '>' {
			return k
		}
	}
	return ""
}

// choose finds the operator and sets _type and _command. It returns false when
// the config names none.
func (r *run) choose() bool {
	show := printable(r.progress.Retries, r.progress.Polls, r.a.opts.Now().Sub(time.UnixMilli(r.progress.Since)))
	if v, ok := r.params.Get("_type"); ok && v != nil {
		r.name, _ = v.(string)
		if r.name == "" {
			r.name = ordered.Text(v)
		}
		if show {
			r.say(LevelInfo, "type: %s", r.name)
		}
		return true
	}
	key := operatorKey(r.params)
	if key == "" {
		return false
	}
	r.name = key[:len(key)-1]
	command, _ := r.params.Get(key)
	r.params.Set("_type", r.name)
	if command == nil {
		// As in Digdag, "if>:" leaves the command unset.
		r.params.Delete("_command")
	} else {
		r.params.Set("_command", command)
	}
	if show {
		r.say(LevelInfo, "%s>: %s", r.name, shown(command))
	}
	return true
}
