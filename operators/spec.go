package operators

// Spec describes an operator. Checks, documentation, the schema for editors and
// the masking of secrets come from it.
type Spec struct {
	// Name is the operator without ">".
	Name    string
	Summary string
	// Description is Markdown. It says what a repeat of the operator does, since
	// operators run at least once.
	Description string
	// Command describes the value of the operator key itself.
	Command Option
	Options []Option
	// Namespaces are params whose keys are options of lowest priority ("sh",
	// "py"): {"py": {"python": …}}.
	Namespaces []string
	// FreeKeys tells that any other key is an argument (py, rb), so that unknown
	// options are not worth a warning.
	FreeKeys bool
	// ReadsAll tells that Digdag's operator reads every key, so that a run has never
	// said which are not used. A check does.
	ReadsAll bool
	// Secrets are the keys or prefixes that the operator reads.
	Secrets []string
	// Outputs are the params that it stores.
	Outputs  []Option
	Examples []Example
	// Since is the version of dig2temporal that brought it.
	Since string
	// Retryable tells that _retry of the task re-runs the operator when it fails
	// itself.
	Retryable bool
	// Local tells that the operator returns at once and touches nothing outside,
	// so that it runs within the interpreter's own turn.
	Local bool
	// NoFiles tells that the operator touches no file of the project, so that no
	// workspace is opened for it.
	NoFiles bool
}

// Option describes one key.
type Option struct {
	Name string
	// Type is one of "string", "boolean", "integer", "list", "mapping",
	// "duration", "any", or several joined by "|".
	Type        string
	Required    bool
	Default     string
	Description string
	Since       string
}

// Example is a piece of a .dig file that a test compiles.
type Example struct {
	Title string
	Dig   string
}
