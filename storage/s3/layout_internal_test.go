package s3

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"mandelfarm/storage"
)

// TestSectionsAreTheParts: all bytes of all parts in their order, in sections that an
// upload may have.
func TestSectionsAreTheParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.OneOf(
			rapid.Int64Range(0, 100), rapid.Int64Range(0, 2*leastPart), rapid.Int64Range(leastPart-1, leastPart+1), rapid.Int64Range(0, 1<<40),
		), 0, 50).Draw(t, "sizes")
		parts := make([]storage.Part, len(sizes))
		for i, size := range sizes {
			parts[i].Sum = storage.NewSum(size, 0)
			if size >= leastPart || rapid.Bool().Draw(t, "stored") {
				parts[i].Key = "key"
			}
		}
		requireSections(t, parts, layOut(parts))
	})
}

// TestManyPartsFitAnUpload: those of the largest plan, of which each could be copied.
func TestManyPartsFitAnUpload(t *testing.T) {
	t.Parallel()
	parts := []storage.Part{storage.Bytes(make([]byte, 100))}
	for range 10_000 {
		parts = append(parts, storage.Part{Key: "key", Sum: storage.NewSum(leastPart+leastPart/2, 0)})
	}
	parts = append(parts, storage.Bytes(make([]byte, 20)))
	requireSections(t, parts, layOut(parts))
}

func requireSections(t require.TestingT, parts []storage.Part, sections []section) {
	require.LessOrEqual(t, len(sections), maxParts)
	all := storage.PartsSum(parts).Size()
	largest := max(2*leastPart, 2*(all/(maxParts-1)+1))
	at := span{}
	for i, s := range sections {
		size := int64(0)
		for _, p := range s.spans {
			for at.offset == parts[at.part].Sum.Size() { // some are empty
				at = span{part: at.part + 1}
			}
			require.Equal(t, at.part, p.part)
			require.Equal(t, at.offset, p.offset)
			require.Positive(t, p.size)
			at.offset += p.size
			size += p.size
		}
		require.Equal(t, size, s.size)
		if i < len(sections)-1 {
			require.GreaterOrEqual(t, s.size, int64(leastPart))
		}
		if s.copied {
			require.Len(t, s.spans, 1)
			require.Equal(t, "key", parts[s.spans[0].part].Key)
			require.LessOrEqual(t, s.size, max(mostCopied, largest))
		} else {
			require.LessOrEqual(t, s.size, largest, "which is held in memory")
		}
		all -= size
	}
	require.Zero(t, all)
}
