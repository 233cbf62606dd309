package main

// usageTemplate is what follows the long text of a command in its help.
const usageTemplate = `USAGE

  {{.UseLine}}{{if .Aliases}}
  ({{range $i, $a := .Aliases}}{{if $i}}, {{end}}"{{$a}}"{{end}} means the same){{end}}{{if .HasExample}}

EXAMPLES

{{.Example}}{{end}}{{if .HasAvailableSubCommands}}

{{range $i, $g := .Groups}}{{if $i}}

{{end}}{{$g.Title}}
{{range $.Commands}}{{if and (eq .GroupID $g.ID) .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

OPTIONS

{{.LocalFlags.FlagUsagesWrapped 78 | trimTrailingWhitespaces}}{{end}}

EXIT STATUS

  0    success
  1    errors were found, or tasks failed
  2    the command line is wrong
  130  interrupted{{if .HasAvailableSubCommands}}

Use "{{.Root.Name}} <command> --help" for more about a command.{{end}}
`
