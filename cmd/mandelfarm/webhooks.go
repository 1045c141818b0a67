package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mandelfarm/job"
	"mandelfarm/outbound"
	"mandelfarm/webhook"
	"mandelfarm/worker"
)

type webhookSettings struct {
	secret secretFlag
	tasks  int
}

// addWebhooks adds who may be told of jobs.
func (s *settings) addWebhooks(fs *pflag.FlagSet) {
	s.add(fs, list("webhook-allow", &s.api.WebhookAllow, "`rules`, separated by commas, of the addresses that jobs may name as webhooks: names such as hooks.example.com, *.example.com:8443, * or http://receiver.internal, and addresses or prefixes such as 10.1.2.0/24 that hosts may have though they are not public; by default none", each(outbound.CheckRule)))
}

// addTelling adds how they are told.
func (s *settings) addTelling(fs *pflag.FlagSet) {
	w := &s.webhooks
	s.add(fs,
		secret("webhook-secret", &w.secret, "`secret` that messages to webhooks are signed with, whsec_ and 24 to 64 bytes in base64; several, separated by spaces, while it is replaced. Better in the environment than on a command line", optional(func(text string) string {
			_, err := webhook.ParseSecrets(text)
			return reason(err)
		})),
		row("webhook-tasks", &w.tasks, 4, "`number` of messages to webhooks delivered at a time", positive),
	)
	s.checks = append(s.checks, func() error {
		if len(s.api.WebhookAllow) > 0 && w.secret == "" {
			return errors.New("--webhook-secret (WEBHOOK_SECRET): is needed for what WEBHOOK_ALLOW allows: " + webhook.ErrSecret.Error())
		}
		return nil
	})
}

// tellsWebhooks reports whether this process delivers messages.
func (s *settings) tellsWebhooks() bool {
	return len(s.api.WebhookAllow) > 0 && s.worker.pool == ""
}

// sender signs messages and sends them.
type sender struct {
	secrets webhook.Secrets
	client  *outbound.Client
}

// sender is what delivers messages to webhooks; nil if this process does not.
func (s *settings) sender() (worker.Webhooks, error) {
	if !s.tellsWebhooks() {
		return nil, nil //nolint:nilnil // as a worker has it
	}
	policy, err := outbound.ParsePolicy(s.api.WebhookAllow)
	if err != nil {
		return nil, fmt.Errorf("WEBHOOK_ALLOW: %w", err)
	}
	secrets, err := webhook.ParseSecrets(string(s.webhooks.secret))
	if err != nil {
		return nil, fmt.Errorf("WEBHOOK_SECRET: %w", err)
	}
	return &sender{secrets, outbound.NewClient(policy)}, nil
}

// Send implements [worker.Webhooks].
func (s *sender) Send(ctx context.Context, url, id string, body []byte) (status int, err error) {
	header := s.secrets.Sign(id, time.Now(), body)
	header.Set("Content-Type", "application/json")
	header.Set("User-Agent", "mandelfarm/"+version())
	return s.client.Post(ctx, url, header, body)
}

func deliveriesCommand(env environment) *cobra.Command {
	var state string
	cmd := &cobra.Command{Use: "deliveries", Short: "List messages to webhooks, those that are not delivered first", Args: usage(cobra.NoArgs)}
	clientCommand(env, cmd, func(ctx context.Context, c *caller, _ []string) error {
		if state != "" && !slices.Contains(job.MessageStates(), job.MessageState(state)) {
			return fmt.Errorf("%w: --state: want %s", errUsage, job.OneOf(job.MessageStates()))
		}
		all, err := c.farm.Messages(ctx, job.MessageState(state))
		if err != nil {
			return err
		}
		if !c.json {
			return printMessages(c.stdout, all)
		}
		for _, m := range all {
			if err := c.printJSON(m); err != nil {
				return err
			}
		}
		return nil
	})
	cmd.Flags().StringVar(&state, "state", "", "`state` of those that are listed: waiting, owed, dead or delivered; by default all")
	arguments(cmd.Flags(), "state")
	return cmd
}

func printMessages(out io.Writer, all []job.Message) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.ID, m.State, m.Address, lastTry(m))
	}
	return table.Flush()
}

// lastTry is what came of a message's last try.
func lastTry(m job.Message) string {
	switch {
	case m.Tries == 0:
		return m.Error
	case m.Error != "":
		return fmt.Sprintf("try %d at %s: %s", m.Tries, moment(m.TriedAt), m.Error)
	}
	return fmt.Sprintf("try %d at %s: status %d", m.Tries, moment(m.TriedAt), m.Status)
}

func replayCommand(env environment) *cobra.Command {
	cmd := &cobra.Command{Use: "replay DELIVERY", Short: "Have a message to a webhook delivered again, with all its tries", Args: usage(cobra.ExactArgs(1))}
	return clientCommand(env, cmd, func(ctx context.Context, c *caller, args []string) error {
		m, err := c.farm.Replay(ctx, args[0])
		if err != nil {
			return err
		}
		if c.json {
			return c.printJSON(m)
		}
		return printMessages(c.stdout, []job.Message{m})
	})
}
