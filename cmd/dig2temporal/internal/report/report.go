// Package report writes findings in the formats that people, editors and build
// servers read.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/dig2temporal/dig2temporal/translate/finding"
	"github.com/dig2temporal/dig2temporal/translate/plan"
)

// Formats are the names of all formats.
var formats = []string{"text", "json", "github", "sarif"}

// Formats returns the names of all formats, the default first.
func Formats() []string { return slices.Clone(formats) }

// Write writes the findings in a format. Dir is put before the names of files,
// which are relative to the project: it leads from the reader's folder to it.
// Version is that of this program.
func Write(w io.Writer, format, dir, version string, list []finding.Finding) error {
	located := make([]finding.Finding, len(list))
	for i, f := range list {
		located[i] = f
		located[i].Pos = locate(f.Pos, dir)
	}
	switch format {
	case "json":
		return writeJSON(w, map[string]any{"findings": located})
	case "github":
		return writeGitHub(w, located)
	case "sarif":
		return writeJSON(w, sarif(version, located))
	}
	for _, f := range located {
		if _, err := fmt.Fprintln(w, f); err != nil {
			return err
		}
	}
	return nil
}

func locate(p *plan.Pos, dir string) *plan.Pos {
	if p == nil || dir == "" {
		return p
	}
	q := *p
	q.File = path.Join(dir, p.File)
	q.Included = nil
	for _, at := range p.Included {
		q.Included = append(q.Included, locate(at, dir))
	}
	return &q
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// writeGitHub writes the commands that GitHub Actions turns into annotations.
func writeGitHub(w io.Writer, list []finding.Finding) error {
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, f := range list {
		at := ""
		if f.Pos != nil {
			at = fmt.Sprintf(" file=%s,line=%d,col=%d,title=%s", property.Replace(f.Pos.File), f.Pos.Line, f.Pos.Column, property.Replace(f.Rule))
		}
		if _, err := fmt.Fprintf(w, "::%s%s::%s\n", f.Severity, at, text.Replace(f.Message)); err != nil {
			return err
		}
	}
	return nil
}
