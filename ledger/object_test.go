package ledger_test

import (
	"context"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"mandelfarm/ledger"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage"
)

// objectsOf are one of each kind, by where the layout says that they lie.
func objectsOf(b *bundle, s spec.Spec) map[string]ledger.Object {
	id := s.ID()
	return map[string]ledger.Object{
		"renders/" + string(id) + ".png":             b.Image(id, spec.PNG),
		"renders/" + string(id) + ".exr":             b.Image(id, spec.EXR),
		"jobs/" + string(id) + "/bands/000012":       b.Band(id, 12),
		"jobs/" + string(id) + "/preview.png":        b.Preview(id),
		"jobs/" + string(id) + "/levels/000002.png":  b.Level(id, 2),
		"jobs/" + string(id) + "/levels/index.json":  b.LevelIndex(id),
		"prepass/" + strings.Repeat("0123456789", 4): b.Prepass(strings.Repeat("0123456789", 4)),
	}
}

func objectsAreStoredReadAndRemoved(t *testing.T, b *bundle) {
	t.Helper()
	ctx := t.Context()
	for key, o := range objectsOf(b, parse(t, 1)) {
		_, err := o.Stat(ctx)
		require.ErrorIs(t, err, storage.ErrNotFound)
		errMidway := errors.New("midway")
		err = o.Store(ctx, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(errMidway)))
		require.ErrorIs(t, err, errMidway)
		_, err = o.Read(ctx, 100)
		require.ErrorIs(t, err, storage.ErrNotFound, "nothing is stored of what failed")

		require.NoError(t, o.Store(ctx, strings.NewReader("something")))
		require.Equal(t, []string{key}, keys(t, b.store, ""))
		st, err := o.Stat(ctx)
		require.NoError(t, err)
		require.Equal(t, o, st.Object)
		require.EqualValues(t, 9, st.Size)
		require.WithinDuration(t, time.Now(), st.Modified, time.Minute)
		body, opened, err := o.Open(ctx)
		require.NoError(t, err)
		data, err := io.ReadAll(body)
		require.NoError(t, err)
		require.NoError(t, body.Close())
		require.Equal(t, "something", string(data))
		require.Equal(t, st.Size, opened.Size)
		_, err = o.Read(ctx, 8)
		require.Error(t, err, "it is larger")
		requireRange(t, st, 4, 5, "thing")
		requireRange(t, st, 0, 4, "some")
		requireRange(t, st, 0, 9, "something")

		require.NoError(t, b.Remove(ctx, o))
		require.NoError(t, b.Remove(ctx, o), "once more")
		require.Empty(t, keys(t, b.store, ""))
	}
}

func requireRange(t *testing.T, st ledger.Stored, offset, length int64, want string) {
	t.Helper()
	body, err := st.OpenRange(t.Context(), offset, length)
	require.NoError(t, err)
	data, err := io.ReadAll(body)
	require.NoError(t, err)
	require.NoError(t, body.Close())
	require.Equal(t, want, string(data))
}

// rangesAreOfOneObject: what replaces an object is not taken for it, nor is its damage
// for the whole.
func rangesAreOfOneObject(t *testing.T, b *bundle) {
	t.Helper()
	o := b.Preview(parse(t, 1).ID())
	require.NoError(t, o.Store(t.Context(), strings.NewReader("something")))
	st, err := o.Stat(t.Context())
	require.NoError(t, err)
	for _, other := range []string{"some thing", "some-else"} {
		require.NoError(t, o.Store(t.Context(), strings.NewReader(other)))
		for _, length := range []int64{1, st.Size} {
			_, err = st.OpenRange(t.Context(), 0, length)
			require.ErrorContains(t, err, "changed")
		}
	}
	require.NoError(t, b.Remove(t.Context(), o))
	_, err = st.OpenRange(t.Context(), 0, 1)
	require.ErrorIs(t, err, storage.ErrNotFound)
}

// objectsAreListedByKind, and are equal to those that are named.
func objectsAreListedByKind(t *testing.T, b *bundle) {
	t.Helper()
	s := parse(t, 1)
	for _, o := range objectsOf(b, s) {
		require.NoError(t, o.Store(t.Context(), strings.NewReader("something")))
	}
	var images []string
	for st, err := range b.Images(t.Context()) {
		require.NoError(t, err)
		require.EqualValues(t, 9, st.Size)
		images = append(images, st.String())
	}
	require.Equal(t, []string{b.Image(s.ID(), spec.EXR).String(), b.Image(s.ID(), spec.PNG).String()}, images)
	var prepasses []ledger.Object
	for st, err := range b.Prepasses(t.Context()) {
		require.NoError(t, err)
		prepasses = append(prepasses, st.Object)
	}
	require.Equal(t, []ledger.Object{b.Prepass(strings.Repeat("0123456789", 4))}, prepasses)
	require.NoError(t, b.Remove(t.Context(), prepasses...))
	require.Empty(t, keys(t, b.store, "prepass/"))
}

// objectsAreComposed of others, once.
func objectsAreComposed(t *testing.T, b *bundle) {
	t.Helper()
	id := parse(t, 1).ID()
	band, image := b.Band(id, 0), b.Image(id, spec.PNG)
	require.NoError(t, band.Store(t.Context(), strings.NewReader("some thing")))
	crc := crc32.Checksum([]byte("some more"), crc32.MakeTable(crc32.Castagnoli))
	pieces := []ledger.Piece{band.Piece(5, crc, []byte("more")), ledger.PieceOf([]byte("body"))}
	size, err := image.Compose(t.Context(), pieces)
	require.NoError(t, err)
	require.EqualValues(t, 9, size)
	data, err := image.Read(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, "some body", string(data))
	_, err = image.Compose(t.Context(), pieces)
	require.ErrorIs(t, err, storage.ErrExists)
	_, unusable := ledger.Unusable(err)
	require.False(t, unusable)

	for _, other := range []string{"same ", "some"} {
		require.NoError(t, b.Remove(t.Context(), image))
		require.NoError(t, band.Store(t.Context(), strings.NewReader(other)))
		_, err = image.Compose(t.Context(), []ledger.Piece{pieces[1], pieces[0]})
		piece, unusable := ledger.Unusable(err)
		require.True(t, unusable)
		require.Equal(t, 1, piece)
		_, err = image.Stat(t.Context())
		require.ErrorIs(t, err, storage.ErrNotFound)
	}
}

// signer signs nothing and says what it was asked for.
type signer struct{}

func (signer) Presign(_ context.Context, key string, validity time.Duration, filename string) (string, error) {
	return key + " for " + validity.String() + " as " + filename, nil
}

func TestPresignIsOfTheObject(t *testing.T) {
	t.Parallel()
	l := ledger.New(nil, ledger.Options{})
	got, err := ledger.Stored{Object: l.Image("some", spec.PNG)}.Presign(t.Context(), signer{}, time.Minute, "it.png")
	require.NoError(t, err)
	require.Equal(t, "renders/some.png for 1m0s as it.png", got)
}

// levelsGoWithTheirImage: and those of others stay.
func levelsGoWithTheirImage(t *testing.T, l *bundle) {
	t.Helper()
	one, other := parse(t, 1), parse(t, 2)
	for _, s := range []spec.Spec{one, other} {
		for _, object := range []ledger.Object{l.Image(s.ID(), s.Format), l.Level(s.ID(), 1), l.LevelIndex(s.ID())} {
			require.NoError(t, object.Store(t.Context(), strings.NewReader("0123456789")))
		}
	}
	require.NoError(t, l.RemoveImage(t.Context(), l.Image(one.ID(), one.Format)))
	for _, s := range []spec.Spec{one, other} {
		for _, object := range []ledger.Object{l.Image(s.ID(), s.Format), l.Level(s.ID(), 1), l.LevelIndex(s.ID())} {
			_, there, err := object.Find(t.Context())
			require.NoError(t, err)
			require.Equal(t, s == other, there, object.String())
		}
	}
	part, err := l.Level(other.ID(), 1).ReadAt(t.Context(), 3, 6)
	require.NoError(t, err)
	require.Equal(t, "345", string(part))
}
