package report

import (
	"net/url"
	"slices"

	"github.com/dig2temporal/dig2temporal/translate/finding"
)

// The parts of SARIF 2.1.0 that are used here.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

func sarif(version string, list []finding.Finding) sarifLog {
	driver := sarifDriver{Name: "dig2temporal", Version: version, Rules: []sarifRule{}}
	results := []sarifResult{}
	for _, f := range list {
		if !slices.Contains(driver.Rules, sarifRule{f.Rule}) {
			driver.Rules = append(driver.Rules, sarifRule{f.Rule})
		}
		r := sarifResult{RuleID: f.Rule, Level: string(f.Severity), Message: sarifText{f.Message}}
		if f.Pos != nil {
			r.Locations = []sarifLocation{{sarifPhysical{
				Artifact: sarifArtifact{(&url.URL{Path: f.Pos.File}).EscapedPath()},
				Region:   sarifRegion{f.Pos.Line, f.Pos.Column},
			}}}
		}
		results = append(results, r)
	}
	return sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{{Tool: sarifTool{driver}, Results: results}},
	}
}
