//go:build !amd64

package escape

// engines returns what this processor can run.
func engines(s species) []engine { return []engine{portable(s)} }

func fastest(s species) engine { return portable(s) }
