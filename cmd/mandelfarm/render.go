package main

import (
	"context"
	"crypto/rand"
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

// replaceFile writes a file beside path and moves it there when it is whole. What
// is there and no regular file, such as a pipe or a device, is written to as it
// is.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeFile(path, os.O_WRONLY, write)
	}
	part := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-"+rand.Text()[:8])
	if err := writeFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, write); err != nil {
		if removed := os.Remove(part); !errors.Is(removed, os.ErrNotExist) {
			err = errors.Join(err, removed)
		}
		return err
	}
	return os.Rename(part, path)
}

// writeFile opens a file, has it written and closes it.
func writeFile(path string, flags int, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, flags, 0o666) //nolint:gosec // the file that the caller names; the umask counts
	if err != nil {
		return fmt.Errorf("%w: --output: %w", errUsage, err)
	}
	return errors.Join(write(file), file.Close())
}
