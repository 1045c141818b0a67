package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"mandelfarm/access"
	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/queue"
	"mandelfarm/storage"
)

// keysCommand is for whoever has the farm's storage, and so all there is: no key makes keys.
func keysCommand(env environment) *cobra.Command {
	s := defaultSettings()
	cmd := &cobra.Command{
		Use:   "keys",
		Short: "Create, list and revoke the keys that the farm's API is asked with",
		Long: `Create, list and revoke the keys that the farm's API is asked with. They are in the
farm's storage, the bucket at --s3-endpoint or without one the folder --data: whoever
can write there can make keys, and nobody else. The farm may run meanwhile.

Every process knows within five seconds; at once if --redis-url is given.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	s.addData(flags)
	s.addS3(flags)
	s.addRedis(flags, optional(redisURL))
	nameVariables(flags)
	cmd.AddCommand(createKeyCommand(s, env), listKeysCommand(s, env), revokeKeyCommand(s, env))
	return cmd
}

func createKeyCommand(s *settings, env environment) *cobra.Command {
	var title, role string
	var expires time.Duration
	cmd := &cobra.Command{
		Use: "create", Short: "Make a key and print it, which is the only time that it is seen", Args: usage(cobra.NoArgs),
		Example: `  mandelfarm keys create --title "Ada's scripts" --role submit --expires 2160h > ada.key`,
	}
	onKeys(s, env, cmd, func(ctx context.Context, k *keeper, _ []string) error {
		r, err := access.ParseRole(role)
		if err != nil || r == access.None || title == "" || expires < 0 {
			return fmt.Errorf("%w: want --title, --role read, submit or operate, and no --expires before now", errUsage)
		}
		return k.create(ctx, title, r, expires)
	})
	cmd.Flags().StringVar(&title, "title", "", "`text` that says whose the key is, or what for")
	cmd.Flags().StringVar(&role, "role", "", "`role` of the key: read, submit or operate")
	cmd.Flags().DurationVar(&expires, "expires", 0, "`duration` after which the key is good no longer; 0 is never")
	arguments(cmd.Flags(), "title", "role", "expires")
	return cmd
}

func listKeysCommand(s *settings, env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the keys: of each its ID, what it is for and how long", Args: usage(cobra.NoArgs)}
	return onKeys(s, env, cmd, func(ctx context.Context, k *keeper, _ []string) error { return k.list(ctx) })
}

func revokeKeyCommand(s *settings, env environment) *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke ID", Short: "Have a key open nothing any more; that of signed links ends all of them", Args: usage(cobra.ExactArgs(1)),
	}
	return onKeys(s, env, cmd, func(ctx context.Context, k *keeper, args []string) error { return k.revoke(ctx, args[0]) })
}

// keeper is what the commands have that are about keys.
type keeper struct {
	ledger *ledger.Ledger
	tell   func(context.Context) error // tells every process that keys have changed
	stdout io.Writer
	stderr io.Writer
}

// onKeys completes a command that is about keys.
func onKeys(s *settings, env environment, cmd *cobra.Command, run func(ctx context.Context, k *keeper, args []string) error) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		ctx := cmd.Context()
		store, closer, err := openStore(ctx, s)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, closer.Close()) }()
		return run(ctx, newKeeper(cmd, s, store), args)
	}
	return cmd
}

func newKeeper(cmd *cobra.Command, s *settings, store storage.Store) *keeper {
	return &keeper{
		ledger: ledger.New(store, ledger.Options{}), tell: func(ctx context.Context) error { return tellKeys(ctx, s) },
		stdout: cmd.OutOrStdout(), stderr: cmd.ErrOrStderr(),
	}
}

// tellKeys tells every process that keys have changed, if there is a Redis to do so.
func tellKeys(ctx context.Context, s *settings) error {
	if s.redis.url == "" {
		return nil
	}
	cfg := s.queue()
	cfg.Log = slog.New(slog.DiscardHandler)
	q, err := queue.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(q.PublishKeys(ctx), q.Close())
}

func (k *keeper) create(ctx context.Context, title string, role access.Role, validity time.Duration) error {
	now, expires := time.Now(), time.Time{}
	if validity > 0 {
		expires = now.Add(validity)
	}
	key, text := access.NewKey(title, role, now, expires)
	if err := k.log(ctx, job.ActionCreate, key.ID, fmt.Sprintf("%s: %s", role, title)); err != nil {
		return err
	}
	if err := k.ledger.AddKey(ctx, key); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(k.stdout, text); err != nil {
		return err
	}
	return k.announce(ctx)
}

func (k *keeper) list(ctx context.Context) error {
	all, err := k.ledger.Keys(ctx, nil)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(k.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tROLE\tCREATED\tEXPIRES\tTITLE")
	for _, key := range slices.SortedFunc(maps.Values(all), func(a, b access.Key) int { return a.CreatedAt.Compare(b.CreatedAt) }) {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", key.ID, key.Role, moment(key.CreatedAt), validity(key, time.Now()), key.Title)
	}
	return table.Flush()
}

// validity says until when a key is good.
func validity(k access.Key, now time.Time) string {
	switch {
	case k.ExpiresAt.IsZero():
		return "never"
	case !now.Before(k.ExpiresAt):
		return "expired"
	}
	return moment(k.ExpiresAt)
}

func (k *keeper) revoke(ctx context.Context, id string) error {
	if err := k.ledger.FindKey(ctx, id); err != nil { // what is not there is not on record as revoked
		return err
	}
	if err := k.log(ctx, job.ActionRevoke, id, ""); err != nil {
		return err
	}
	if err := k.ledger.RemoveKey(ctx, id); err != nil {
		return err
	}
	return k.announce(ctx)
}

// announce tells the farm. If it cannot be told it finds out by itself.
func (k *keeper) announce(ctx context.Context) error {
	if err := k.tell(ctx); err != nil {
		_, err = fmt.Fprintf(k.stderr, "the farm is not told, and knows within five seconds: %s\n", reasonOf(err))
		return err
	}
	return nil
}

// log records what is done about a key before it is done, as whatever operators do.
func (k *keeper) log(ctx context.Context, action job.Action, id, detail string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "an unknown host"
	}
	return k.ledger.Log(ctx, job.Operation{Action: action, Target: id, Detail: detail, Address: "mandelfarm keys on " + host})
}
