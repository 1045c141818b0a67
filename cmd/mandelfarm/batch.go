package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// batchSize is how many Specs are submitted with one request: farms take more, but of small Specs.
const batchSize = 500

// errRefused ends a batch of which the farm has refused some.
var errRefused = errors.New("the farm has not taken all of the batch")

// submitBatch submits the Specs in a file, one a line, and prints the IDs of their jobs in that order. What is refused is told on
// standard error, by its line.
func (c *caller) submitBatch(ctx context.Context, input string, terms job.Terms) error {
	source, err := openInput(input, c.stdin)
	if err != nil {
		return err
	}
	defer source.Close()
	lines := bufio.NewScanner(source)
	lines.Buffer(nil, maxLine)
	refused, first := false, 1
	for more := true; more; {
		var specs []spec.Spec
		if specs, more, err = readBatch(lines, first); err != nil {
			return fmt.Errorf("%w: %s: %w", errUsage, input, err)
		}
		if len(specs) == 0 {
			break
		}
		all, err := c.farm.SubmitBatch(ctx, specs, terms)
		if err != nil {
			return err
		}
		some, err := c.printBatch(all, first)
		if err != nil {
			return err
		}
		refused, first = refused || some, first+len(specs)
	}
	if refused {
		return errRefused
	}
	return nil
}

// maxLine bounds a Spec in a batch.
const maxLine = 1 << 20

// readBatch reads the Specs of the next lines, and reports whether others may follow.
func readBatch(lines *bufio.Scanner, first int) (specs []spec.Spec, more bool, err error) {
	for len(specs) < batchSize {
		if !lines.Scan() {
			return specs, false, lines.Err()
		}
		s, err := spec.Parse(lines.Bytes())
		if err != nil {
			return specs, false, fmt.Errorf("line %d: %w", first+len(specs), err)
		}
		specs = append(specs, s)
	}
	return specs, true, nil
}

// printBatch prints what has become of Specs, and reports whether any was refused.
func (c *caller) printBatch(all []client.Submission, first int) (refused bool, err error) {
	for i, item := range all {
		if item.Err != nil {
			refused = true
			fmt.Fprintf(c.stderr, "line %d: %s\n", first+i, item.Err)
			continue
		}
		if err := c.print(item.Job, onlyID); err != nil {
			return refused, err
		}
	}
	return refused, nil
}

// openInput opens a file that a caller names, or standard input.
func openInput(input string, stdin io.Reader) (io.ReadCloser, error) {
	if input == standard {
		return io.NopCloser(stdin), nil
	}
	file, err := os.Open(input) //nolint:gosec // the file that the caller names
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	return file, nil
}
