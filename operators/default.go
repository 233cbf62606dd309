package operators

// Default returns the operators that are built in.
func Default() *Registry {
	r, err := NewRegistry(
		Echo{}, Fail{}, Notify{},
		If{}, Loop{}, ForEach{}, ForRange{},
		Call{}, RequireOperator{}, Wait{},
		Sh{}, Py{}, Rb{},
	)
	if err != nil {
		panic(err)
	}
	return r
}
