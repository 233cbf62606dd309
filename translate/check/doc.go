// Package check finds what is wrong with the workflows of a project beyond what
// the compiler refuses: mistakes that Digdag meets only when the task runs, and
// keys that it ignores without a word.
//
//	loaded := p.Load()                                  // translate/project
//	list := check.Findings(check.Input{
//		Trees: loaded.Trees, Plans: loaded.Plans, Workflows: p.Workflows(),
//		Files: os.DirFS(dir), Catalog: catalog, Params: given,
//	})
//	all := append(loaded.Findings, list...)
//	finding.Sort(all)
//
// All findings are warnings except those of the rule "schedule", which Digdag
// refuses, too. A rule that can't be sure is silent: options may come from any
// param, and params from anywhere.
//
// Schedule checks only the schedule of a file, for who runs that workflow.
// Summary prints what Digdag's check prints about a project, Reachable tells
// which workflows a workflow leads to, Rules explains the rules.
package check
