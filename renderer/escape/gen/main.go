// Command gen writes the assembly of package escape: what field_amd64.go declares, for AVX-512 and for AVX2 with FMA.
//
// It runs by `go generate` in renderer/escape and writes the same bytes every time. It is a module of its own, so that
// the assembler library is not one of the renderer's dependencies.
//
//	machine.go   the two instruction sets behind one vocabulary
//	layout.go    where the arrays of a field are
//	step.go      one iteration
//	begin.go     the first steps of a chunk, tested one by one
//	advance.go   a block of steps, tested at its end
//	settle.go    the exact step at which each point left
//	trace.go     the steps of points that escape, with the derivative's
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	// Package avo/build takes the names of the default set for itself.
	flags := flag.NewFlagSet("gen", flag.ExitOnError)
	out := flags.String("out", "kernel_amd64.s", "`file` for the assembly")
	stubs := flags.String("stubs", "kernel_amd64.go", "`file` for the declarations")
	_ = flags.Parse(os.Args[1:]) // exits on error
	if err := run(*out, *stubs); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run assembles every function and writes both files.
func run(out, stubs string) error {
	c := build.NewContext()
	c.ConstraintExpr("amd64")
	for _, wide := range []bool{true, false} {
		m := newMachine(c, wide)
		for _, formula := range append([]formula{quadratic, ship, tricorn}, powers()...) {
			m.fit(formula)
			m.begin(formula)
			m.advance(formula)
			m.settle(formula)
			m.trace(formula)
		}
	}
	file, err := c.Result()
	if err != nil {
		return fmt.Errorf("assemble: %w", err)
	}
	if err := pass.Compile.Execute(file); err != nil {
		return fmt.Errorf("allocate registers: %w", err)
	}
	config := printer.Config{Argv: []string{"go", "run", "."}, Name: "gen", Pkg: "escape"}
	for path, make := range map[string]printer.Builder{out: printer.NewGoAsm, stubs: printer.NewStubs} {
		text, err := make(config).Print(file)
		if err != nil {
			return fmt.Errorf("print %s: %w", path, err)
		}
		if err := check(text); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// check refuses 256-bit registers that only AVX-512 has: the allocator does not know that AVX2 lacks them.
func check(text []byte) error {
	if found := regexp.MustCompile(`\bY(1[6-9]|2\d|3[01])\b`).Find(text); found != nil {
		return errors.New("AVX2 has no register " + string(bytes.TrimSpace(found)))
	}
	return nil
}
