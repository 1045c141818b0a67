package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mandelfarm/ledger"
	"mandelfarm/storage"
	"mandelfarm/storage/dir"
	"mandelfarm/storage/s3"
)

// errDamage: something stored is not what was stored.
var errDamage = errors.New("damage")

func scrubCommand(env environment) *cobra.Command {
	s := defaultSettings()
	var look bool
	cmd := &cobra.Command{
		Use:   "scrub",
		Short: "Read everything that is stored, and have what is damaged drawn again",
		Long: `Read everything that is stored, and have what is damaged drawn again. The farm may
run meanwhile; its workers do the same, a little in every sweep. The store is the
bucket at --s3-endpoint, or without one the folder --data.

Pictures, bands, previews and prepasses that are damaged are removed, and jobs that
were done are owed once more: a worker draws them. Records that are damaged are
named; the farm mends them when it meets them. With --look nothing is changed.

Exit code 0: all is well. 1: there is damage, a line for each object on standard
output, or storage cannot be read.`,
		Args: usage(cobra.NoArgs),
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		return scrub(cmd.Context(), s, look, cmd.OutOrStdout())
	}
	cmd.Flags().BoolVar(&look, "look", false, "only look: change nothing")
	arguments(cmd.Flags(), "look")
	s.addData(cmd.Flags())
	s.addS3(cmd.Flags())
	return cmd
}

// openStore opens the bucket of the settings, or the folder if they have no server.
func openStore(ctx context.Context, s *settings) (storage.Store, io.Closer, error) {
	if s.s3.Endpoint == "" {
		store, err := dir.Open(s.data) //nolint:contextcheck // opening a folder is not given up half way
		if err != nil {
			return nil, nil, fmt.Errorf("--data (DATA): %w", err)
		}
		return store, store, nil
	}
	if err := s.s3.Validate(); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	store, err := s3.Open(ctx, s.s3)
	return store, store, err
}

// scrub reads everything that is stored and says what is damaged.
func scrub(ctx context.Context, s *settings, look bool, stdout io.Writer) (err error) {
	store, closer, err := openStore(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	l := ledger.New(store, ledger.Options{})
	objects, bytes, damaged := 0, int64(0), 0
	for e, err := range l.Examine(ctx, "") {
		if err != nil {
			return err
		}
		objects, bytes = objects+1, bytes+e.Size
		if e.Damage == nil {
			continue
		}
		damaged++
		if err := sayDamage(ctx, l, e, look, stdout); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(stdout, "%d objects of %d bytes read, %d damaged\n", objects, bytes, damaged); err != nil {
		return err
	}
	if damaged > 0 {
		return fmt.Errorf("%w in %d of %d objects", errDamage, damaged, objects)
	}
	return nil
}

// sayDamage prints what is damaged and what becomes of it.
func sayDamage(ctx context.Context, l *ledger.Ledger, e ledger.Examined, look bool, stdout io.Writer) error {
	outcome := "left"
	if !look {
		healed, err := l.Heal(ctx, e)
		if err != nil {
			return err
		}
		if healed {
			outcome = "removed, to be made again"
		}
	}
	_, err := fmt.Fprintf(stdout, "%v: %s\n", e.Damage, outcome) // which names the key
	return err
}
