package access_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"mandelfarm/access"
)

func TestKeyFitsItsOwnSecretAlone(t *testing.T) {
	t.Parallel()
	k, text := access.NewKey("Ada", access.Submit, time.Now(), time.Time{})
	require.NoError(t, access.CheckText(text))
	id, secret, ok := access.Split(text)
	require.True(t, ok)
	assert.Equal(t, k.ID, id)
	lock, ok := k.Lock()
	require.True(t, ok)
	assert.True(t, lock.Fits(secret))
	for _, wrong := range []string{"", secret[1:], secret + "a", strings.ToUpper(secret), k.Hash, text} {
		assert.False(t, lock.Fits(wrong), wrong)
	}
	_, other := access.NewKey("Ada", access.Submit, time.Now(), time.Time{})
	assert.NotEqual(t, text, other)
}

// TestSameIsOfEveryByte of a key, and of nothing that is none.
func TestSameIsOfEveryByte(t *testing.T) {
	t.Parallel()
	_, text := access.NewKey("", access.Read, time.Now(), time.Time{})
	assert.True(t, access.Same(text, strings.Clone(text)))
	for i := range text {
		changed := []byte(text)
		changed[i] ^= 0x80
		assert.False(t, access.Same(text, string(changed)), "byte %d", i)
	}
	assert.False(t, access.Same("", ""))
	assert.False(t, access.Same(text, text+"a"))
	assert.False(t, access.Same(text[1:], text[1:]))
	assert.Less(t, access.Slot(text, 6), uint64(64))
	assert.Zero(t, access.Slot("", 6))
}

// TestWhatIsKeptDoesNotOpen: neither the secret nor what it could be made of is in the record.
func TestWhatIsKeptDoesNotOpen(t *testing.T) {
	t.Parallel()
	expires := time.Now().Add(time.Hour)
	k, text := access.NewKey("Ada", access.Operate, time.Now(), expires)
	data, err := json.Marshal(k)
	require.NoError(t, err)
	_, secret, _ := access.Split(text)
	assert.NotContains(t, string(data), secret)
	var again access.Key
	require.NoError(t, json.Unmarshal(data, &again))
	assert.Equal(t, k, again)
	assert.False(t, again.ExpiresAt.IsZero())
	require.Error(t, json.Unmarshal([]byte(`{"role":"god"}`), &again))
}

func TestFormOfKeys(t *testing.T) {
	t.Parallel()
	_, text := access.NewKey("", access.Read, time.Now(), time.Time{})
	assert.Regexp(t, `^mandelfarm_[a-z2-7]{8}_[a-z2-7]{52}$`, text)
	for _, wrong := range []string{"", "mandelfarm_", text[:len(text)-1], text + "a", "x" + text[1:], strings.ReplaceAll(text, "_", "-")} {
		err := access.CheckText(wrong)
		require.Error(t, err)
		if len(wrong) > 20 {
			assert.NotContains(t, err.Error(), wrong[len(wrong)/2:], "it may be nearly a key")
		}
	}
	for id, want := range map[string]bool{"abcdefgh": true, "": false, "abcdefg": false, "ABCDEFGH": false, "abcdef/h": false, "../abcde": false, "abcdefg1": false} {
		assert.Equal(t, want, access.ValidID(id), id)
	}
}

func TestLinksAreGoodForOnePictureAndTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	k, other := access.NewSigningKey(now), access.NewSigningKey(now)
	link := k.Link("job", now.Add(time.Minute))
	assert.Equal(t, k.ID, access.LinkKey(link))
	assert.True(t, k.Opens("job", link, now.Add(59*time.Second)))
	assert.False(t, k.Opens("job", link, now.Add(time.Minute)), "it has run out")
	assert.False(t, k.Opens("jo", link, now))
	assert.False(t, other.Opens("job", link, now))
	assert.False(t, access.Key{}.Opens("job", link, now), "a key that signs nothing")
	later := k.Link("job", now.Add(time.Hour))
	assert.False(t, k.Opens("job", later[:strings.LastIndex(later, ".")]+link[strings.LastIndex(link, "."):], now), "another's signature")
	for i := range link {
		changed := []byte(link)
		changed[i] ^= 1
		if string(changed[:len(k.ID)]) == k.ID && i < len(link)-1 { // the last character has bits to spare
			assert.False(t, k.Opens("job", string(changed), now), "byte %d", i)
		}
	}
	_, opens := k.Lock()
	assert.False(t, opens, "it opens nothing itself")
}

func TestParseBudget(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]access.Budget{
		"": {}, "600/1m": {Quota: 600, Window: time.Minute}, "2e12/24h": {Quota: 2e12, Window: 24 * time.Hour}, "0.5/1s": {Quota: 1, Window: time.Second},
	} {
		got, err := access.ParseBudget(text, 1)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	got, err := access.ParseBudget("1e13/1h", 1e6)
	require.NoError(t, err)
	assert.Equal(t, int64(10_000_000), got.Quota)
	for _, wrong := range []string{"600", "/1m", "600/", "-1/1m", "0/1m", "NaN/1m", "Inf/1m", "1e300/1m", "600/1ms", "600/-1m", "a/1m"} {
		_, err := access.ParseBudget(wrong, 1)
		require.Error(t, err, wrong)
	}
}
