package fixed

import "golang.org/x/sys/cpu"

//go:generate go -C ../escape/gen run . -package fixed -dir ../../fixed

// hasIFMA reports whether the engine runs here: AVX512DQ has the operations on masks of eight lanes.
func hasIFMA() bool {
	return cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512IFMA
}
