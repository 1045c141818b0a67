package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

func main() {
	// Package avo/build takes the names of the default set for itself, hence another.
	flags := flag.NewFlagSet("gen", flag.ExitOnError)
	pkg := flags.String("package", "escape", "`name` of the package: escape, deep or fixed")
	dir := flags.String("dir", ".", "`folder` for the files")
	_ = flags.Parse(os.Args[1:]) // exits on error
	if err := run(*pkg, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// What files are called, in all packages.
const (
	assembly     = "engine_amd64.s"
	declarations = "stubs_amd64.go"
)

// run assembles every function of a package and writes both files. The stubs are Go declarations of the same functions, which
// let go vet compare arguments and frames.
func run(pkg, dir string) error {
	c := build.NewContext()
	c.ConstraintExpr("amd64")
	switch pkg {
	case "escape":
		buildEscape(c)
	case "deep":
		m := newMachine(c, true)
		for _, traced := range []bool{false, true} {
			m.follow(traced, false, false)
			m.follow(traced, true, false)
			m.follow(traced, false, true)
		}
	case "fixed":
		buildFixed(newMachine(c, true))
	default:
		return errors.New("no package " + pkg)
	}
	file, err := c.Result()
	if err != nil {
		return fmt.Errorf("assemble: %w", err)
	}
	if err := pass.Compile.Execute(file); err != nil {
		return fmt.Errorf("allocate registers: %w", err)
	}
	// What is printed as the command must be the same wherever it runs.
	config := printer.Config{Argv: []string{"go", "run", "."}, Name: "gen", Pkg: pkg}
	for name, make := range map[string]printer.Builder{assembly: printer.NewGoAsm, declarations: printer.NewStubs} {
		text, err := make(config).Print(file)
		if err != nil {
			return fmt.Errorf("print %s: %w", name, err)
		}
		if err := check(text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

// buildEscape makes the functions of package escape: for each instruction set and each map the four of an engine.
func buildEscape(c *build.Context) {
	for _, wide := range []bool{true, false} {
		m := newMachine(c, wide)
		for _, formula := range append([]formula{quadratic, ship, tricorn}, powers()...) {
			m.fit(formula)
			m.begin(formula)
			m.advance(formula)
			m.refine(formula)
			m.trace(formula)
		}
		m.fit(quadratic)
		m.watch()
	}
}

// check refuses 256-bit registers that only AVX-512 has: the allocator does not know that AVX2 lacks them, and a processor
// without AVX-512 would stop at the first.
func check(text []byte) error {
	if found := regexp.MustCompile(`\bY(1[6-9]|2\d|3[01])\b`).Find(text); found != nil {
		return errors.New("AVX2 has no register " + string(bytes.TrimSpace(found)))
	}
	return nil
}
