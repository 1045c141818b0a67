package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/schollz/progressbar/v3"

	"mandelfarm/renderer"
)

// standard names standard input and output where a file is expected.
const standard = "-"

// render draws the Spec in a file into another. Nothing is left behind by a
// drawing that fails.
func render(ctx context.Context, s *settings, input, output string, stdin io.Reader, stdout, stderr io.Writer) error {
	spec, err := readSpec(input, stdin)
	if err != nil {
		return err
	}
	options := renderer.Options{Threads: s.worker.threads, Progress: progress(spec, stderr)}
	if output == standard {
		return renderer.WritePNG(ctx, stdout, spec, options)
	}
	return replaceFile(output, func(w io.Writer) error { return renderer.WritePNG(ctx, w, spec, options) })
}

// maxSpec is more than any Spec that can be drawn needs.
const maxSpec = 16 << 20

func readSpec(input string, stdin io.Reader) (renderer.Spec, error) {
	source := stdin
	if input != standard {
		file, err := os.Open(input) //nolint:gosec // the file that the caller names
		if err != nil {
			return renderer.Spec{}, fmt.Errorf("%w: %w", errUsage, err)
		}
		defer file.Close()
		source = file
	}
	data, err := io.ReadAll(io.LimitReader(source, maxSpec))
	if err != nil {
		return renderer.Spec{}, fmt.Errorf("read %s: %w", input, err)
	}
	spec, err := renderer.Parse(data)
	if err == nil {
		err = spec.Check(renderer.Limits{})
	}
	if err != nil {
		return spec, fmt.Errorf("%w: %s: %w", errUsage, input, err)
	}
	return spec, nil
}

// progress returns a callback that moves a bar, or nil where nobody would see
// it.
func progress(spec renderer.Spec, stderr io.Writer) func(rows int) {
	if !isTerminal(stderr) {
		return nil
	}
	bar := progressbar.NewOptions(spec.Height,
		progressbar.OptionSetWriter(stderr),
		progressbar.OptionSetDescription(fmt.Sprintf("%s %dx%d", spec.Formula, spec.Width, spec.Height)),
		progressbar.OptionSetItsString("rows"),
		progressbar.OptionShowIts(),
		progressbar.OptionFullWidth(),
		progressbar.OptionOnCompletion(func() { fmt.Fprintln(stderr) }),
	)
	return func(rows int) { _ = bar.Add(rows) } // a bar that cannot be drawn stops nothing
}

// replaceFile writes a file beside path and moves it there when it is whole.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("%w: --output: %w", errUsage, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	err = write(file)
	if err == nil {
		err = file.Chmod(0o644)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
