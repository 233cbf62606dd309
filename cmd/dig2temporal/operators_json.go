package main

import "github.com/dig2temporal/dig2temporal/operators"

// jsonSpec is a spec as programs read it. Lists are never null.
type jsonSpec struct {
	Name        string        `json:"name"`
	Summary     string        `json:"summary"`
	Description string        `json:"description,omitempty"`
	Command     jsonOption    `json:"command"`
	Options     []jsonOption  `json:"options"`
	Namespaces  []string      `json:"namespaces"`
	FreeKeys    bool          `json:"free_keys"`
	Secrets     []string      `json:"secrets"`
	Outputs     []jsonOption  `json:"outputs"`
	Examples    []jsonExample `json:"examples"`
	Since       string        `json:"since,omitempty"`
	Retryable   bool          `json:"retryable"`
}

type jsonOption struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"`
	Required    bool   `json:"required"`
	Default     string `json:"default,omitempty"`
	Description string `json:"description,omitempty"`
	Since       string `json:"since,omitempty"`
}

type jsonExample struct {
	Title string `json:"title"`
	Dig   string `json:"dig"`
}

func jsonSpecs(specs []*operators.Spec) []jsonSpec {
	list := make([]jsonSpec, len(specs))
	for i, s := range specs {
		command := jsonOption(s.Command)
		command.Name = s.Name + ">"
		list[i] = jsonSpec{
			Name: s.Name, Summary: s.Summary, Description: s.Description, Command: command,
			Options: jsonOptions(s.Options), Namespaces: append([]string{}, s.Namespaces...), FreeKeys: s.FreeKeys,
			Secrets: append([]string{}, s.Secrets...), Outputs: jsonOptions(s.Outputs), Examples: []jsonExample{},
			Since: s.Since, Retryable: s.Retryable,
		}
		for _, e := range s.Examples {
			list[i].Examples = append(list[i].Examples, jsonExample(e))
		}
	}
	return list
}

func jsonOptions(options []operators.Option) []jsonOption {
	list := make([]jsonOption, len(options))
	for i, o := range options {
		list[i] = jsonOption(o)
	}
	return list
}
