//go:build !amd64

package escape

// engines returns what this processor can run.
func engines(formula Formula) []engine { return []engine{portable(formula)} }

func fastest(formula Formula) engine { return portable(formula) }
