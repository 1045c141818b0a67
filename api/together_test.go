package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/job"
	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
)

// groups are the markers of groups that are open.
func (f *farm) groups(t *testing.T) (groups []ledger.Marker) {
	t.Helper()
	for m, err := range f.ledger.Markers(t.Context()) {
		require.NoError(t, err)
		if m.IsGroup() {
			groups = append(groups, m)
		}
	}
	return groups
}

// TestSmallJobsThatComeTogetherAreAGroup, which is done by one task; what is asked of one of them is done of that one, and the others go on.
func TestSmallJobsThatComeTogetherAreAGroup(t *testing.T) {
	t.Parallel()
	f := newFarm(t)
	var specs []string
	for n := range 24 {
		specs = append(specs, numbered(n))
	}
	large := `{"width": 3000, "height": 3000}`
	items := f.ask(http.MethodPost, "/jobs", strings.NewReader("["+strings.Join(append(specs, large), ",")+"]"), "Content-Type", "application/json").batch(t)
	groups, jobs := f.groups(t), 0
	require.NotEmpty(t, groups)
	members := make(map[spec.ID]ledger.Marker)
	for _, m := range groups {
		g, owed, err := f.ledger.OwedGroup(t.Context(), m)
		require.NoError(t, err)
		require.True(t, owed)
		jobs += len(g.Jobs)
		for _, j := range g.Jobs {
			members[j.ID] = m
		}
	}
	require.NotContains(t, members, items[24].Job.ID, "it is not small")
	f.ask(http.MethodDelete, "/jobs/"+string(items[24].Job.ID), nil) // what is said of it is said: it need not be drawn
	var dropped spec.ID
	for id := range members {
		dropped = id
		break
	}
	assert.Equal(t, job.Canceled, f.ask(http.MethodDelete, "/jobs/"+string(dropped), nil).job(t).State)
	again := f.post(string(itemOf(items, dropped).Job.Spec.Canonical())).job(t)
	assert.Equal(t, job.Queued, again.State, "it is asked for again")
	assert.Equal(t, job.Canceled, f.ask(http.MethodDelete, "/jobs/"+string(dropped), nil).job(t).State)
	require.Len(t, f.groups(t), len(groups)-1)

	f.work()
	for _, item := range items[:24] {
		location := "/jobs/" + string(item.Job.ID)
		if item.Job.ID == dropped {
			assert.Equal(t, job.Canceled, f.get(location).job(t).State)
			continue
		}
		done := f.until(location, job.Done)
		assert.Equal(t, item.Job.Spec, done.Spec)
		picture := f.get(location + "/image")
		assert.Equal(t, http.StatusOK, picture.status)
		assert.Len(t, picture.body, int(done.Bytes))
	}
}

func itemOf(items []batchItem, id spec.ID) batchItem {
	return items[slices.IndexFunc(items, func(item batchItem) bool { return item.Job.ID == id })]
}
