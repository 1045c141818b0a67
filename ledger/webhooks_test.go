package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

const secretURL = "https://hooks.example.com/render?token=secret"

func acceptFor(t *testing.T, b *bundle, s spec.Spec, w job.Webhook) {
	t.Helper()
	_, err := b.AcceptAs(t.Context(), s, job.Terms{Title: "poster", Webhook: w})
	require.NoError(t, err)
}

func messages(t *testing.T, b *bundle, state job.MessageState) []job.Message {
	t.Helper()
	found, err := b.Messages(t.Context(), state, 100)
	require.NoError(t, err)
	return found
}

func due(t *testing.T, b *bundle) []string {
	t.Helper()
	found, err := b.DueMessages(t.Context())
	require.NoError(t, err)
	return found
}

// webhooksAreToldOncePerRun: naming the same twice is naming it once, and who may see a job does not see whom it is told to.
func webhooksAreToldOncePerRun(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	for range 2 {
		acceptFor(t, b, s, job.Webhook{URL: secretURL, Share: 0.5})
	}
	acceptFor(t, b, s, job.Webhook{URL: "https://other.example.com"})
	acceptFor(t, b, s, job.Webhook{})
	about := map[string]int{}
	for _, m := range messages(t, b, job.Waiting) {
		about[fmt.Sprint(m.About, " ", m.Address, " ", m.Share)]++
		require.Equal(t, s.ID(), m.Job)
	}
	require.Equal(t, map[string]int{
		"end https://hooks.example.com 0": 1, "progress https://hooks.example.com 0.5": 1, "end https://other.example.com 0": 1,
	}, about)
	st, err := b.Status(t.Context(), s.ID())
	require.NoError(t, err)
	require.Equal(t, job.Terms{Title: "poster"}, st.Terms)

	finish(t, b, s, job.Failed)
	acceptFor(t, b, s, job.Webhook{URL: secretURL})
	require.Len(t, messages(t, b, job.Waiting), 4, "another run is another message")
}

func messagesAreDueWhenTheirRunHasEnded(t *testing.T, b *bundle) {
	t.Helper()
	require.Empty(t, due(t, b))
	s, other := parse(t, 1), parse(t, 2)
	acceptFor(t, b, other, job.Webhook{URL: secretURL})
	acceptFor(t, b, s, job.Webhook{URL: secretURL})
	require.Empty(t, due(t, b))
	finish(t, b, s, job.Failed)
	first := due(t, b)
	require.Len(t, first, 1)
	accept(t, b.Ledger, s) // again, without a webhook
	require.Equal(t, first, due(t, b), "that another run goes on changes nothing")
	st, err := b.RunStatus(t.Context(), s.ID(), 0)
	require.NoError(t, err)
	require.Equal(t, job.Failed, st.State)
	require.Equal(t, "poster", st.Title)
	st, err = b.RunStatus(t.Context(), s.ID(), 1)
	require.NoError(t, err)
	require.Equal(t, job.Queued, st.State)
	_, err = b.RunStatus(t.Context(), parse(t, 3).ID(), 0)
	require.ErrorIs(t, err, job.ErrUnknown)

	acceptFor(t, b, other, job.Webhook{URL: secretURL, Share: 0.1})
	require.Len(t, due(t, b), 2, "progress is due while the run goes on")
}

func messagesAreInOneStateAtATime(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	acceptFor(t, b, s, job.Webhook{URL: secretURL})
	id := messages(t, b, job.Waiting)[0].ID
	e, err := b.Envelope(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, secretURL, e.URL)
	for _, state := range []job.MessageState{job.Owed, job.Dead, job.Owed, job.Delivered, job.Dead, job.Waiting, job.Delivered} {
		e.State, e.Body = state, []byte(string(state))
		require.NoError(t, b.KeepEnvelope(t.Context(), e))
		got, err := b.Envelope(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, e, got)
		for _, other := range job.MessageStates() {
			want := 0
			if other == state {
				want = 1
			}
			require.Len(t, messages(t, b, other), want, "%s while %s", other, state)
		}
	}
	acceptFor(t, b, s, job.Webhook{URL: secretURL})
	require.Empty(t, messages(t, b, job.Waiting), "what is delivered is not told again")

	require.NoError(t, b.ForgetMessages(t.Context(), time.Now().Add(-time.Hour)))
	require.Len(t, messages(t, b, job.Delivered), 1)
	require.NoError(t, b.ForgetMessages(t.Context(), time.Now().Add(time.Hour)))
	require.Empty(t, messages(t, b, job.Delivered))
	for _, none := range []string{id, "", "../keys/a", "A"} {
		_, err = b.Envelope(t.Context(), none)
		require.ErrorIs(t, err, job.ErrNoMessage)
	}
}

func webhooksOfAJobAreBounded(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	for i := range 32 {
		acceptFor(t, b, s, job.Webhook{URL: fmt.Sprint(secretURL, i)})
	}
	_, err := b.AcceptAs(t.Context(), s, job.Terms{Webhook: job.Webhook{URL: secretURL}})
	var fault *spec.FieldError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "webhook", fault.Field)
	acceptFor(t, b, s, job.Webhook{URL: secretURL + "0"})
	acceptFor(t, b, parse(t, 2), job.Webhook{URL: secretURL})
}

// damagedMessagesAreNone: they are told of, in nobody's way, and replaced when the webhook is named again.
func damagedMessagesAreNone(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	acceptFor(t, b, s, job.Webhook{URL: secretURL})
	id := messages(t, b, job.Waiting)[0].ID
	store(t, b, "webhooks/open/"+id+".json", `{"id":"`)
	require.Empty(t, messages(t, b, job.Waiting))
	_, err := b.Envelope(t.Context(), id)
	require.ErrorIs(t, err, job.ErrNoMessage)
	require.Len(t, b.told(ledger.KindMessage), 1)
	acceptFor(t, b, s, job.Webhook{URL: secretURL})
	require.Len(t, messages(t, b, job.Waiting), 1)
	require.True(t, b.told(ledger.KindMessage)[0].Mended)
}
