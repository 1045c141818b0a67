package dir

import (
	"container/heap"
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"

	"mandelfarm/storage"
)

// chunk is how many names one read of a folder asks for. It bounds what is held
// of names that the listing does not want, and how long a cancelled listing
// goes on.
const chunk = 1024

// List walks the tree in key order.
//
// A folder sorts by its name with a '/' behind it: that is where its keys
// belong among its siblings' ("a-b" < "a/b" < "ab"), and all of them are
// neighbours there, since none of its siblings begins that way.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		w := walk{root: s.root, prefix: prefix, after: after, yield: yield}
		err := errors.Join(storage.ValidPrefix(prefix), storage.ValidPrefix(after))
		if err == nil {
			err = w.folder(ctx, prefix[:strings.LastIndexByte(prefix, '/')+1])
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(storage.Info{}, failed("list", prefix, err))
		}
	}
}

// errStopped ends a walk whose consumer has seen enough.
var errStopped = errors.New("stopped")

// walk is one listing under way.
type walk struct {
	root          *os.Root
	prefix, after string
	yield         func(storage.Info, error) bool
}

// folder lists what is below the folder, whose name is empty for the root and
// ends in '/' otherwise.
func (w *walk) folder(ctx context.Context, folder string) error {
	names, err := w.names(ctx, folder)
	if err != nil {
		return err
	}
	for names.Len() > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := w.visit(ctx, names.next()); err != nil {
			return err
		}
	}
	return nil
}

// visit yields an object, or lists a folder.
func (w *walk) visit(ctx context.Context, name string) error {
	if strings.HasSuffix(name, "/") {
		return w.folder(ctx, name)
	}
	info, err := w.root.Lstat(name)
	switch {
	case err == nil && !info.Mode().IsRegular(), err != nil && absent(err):
		return nil // Removed since the folder was read, whatever stands there now.
	case err != nil:
		return err
	case !w.yield(describe(name, info), nil):
		return errStopped
	}
	return nil
}

// names returns the names in folder that the listing wants. A folder that does
// not exist, or is an object, has none.
func (w *walk) names(ctx context.Context, folder string) (*nameHeap, error) {
	f, err := w.root.Open(path.Clean(folder))
	if absent(err) {
		return &nameHeap{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	names := &nameHeap{}
	for {
		entries, err := f.ReadDir(chunk)
		for _, entry := range entries {
			if name, ok := w.wants(folder, entry); ok {
				*names = append(*names, name)
			}
		}
		if errors.Is(err, io.EOF) || absent(err) {
			heap.Init(names)
			return names, nil
		}
		if err := errors.Join(err, ctx.Err()); err != nil {
			return nil, err
		}
	}
}

// wants returns the full name of an entry, with a '/' behind it if it is a
// folder, and whether it or anything below it belongs in the listing. Names that
// are no keys, symbolic links and devices do not.
func (w *walk) wants(folder string, entry fs.DirEntry) (string, bool) {
	name := folder + entry.Name()
	if storage.ValidKey(name) != nil {
		return "", false
	}
	switch {
	case entry.IsDir():
		name += "/"
		below := strings.HasPrefix(name, w.prefix) || strings.HasPrefix(w.prefix, name)
		return name, below && (name > w.after || strings.HasPrefix(w.after, name))
	case entry.Type().IsRegular():
		return name, strings.HasPrefix(name, w.prefix) && name > w.after
	}
	return "", false
}

// nameHeap is a min-heap of names: it gives the first few of many without
// sorting the rest.
type nameHeap []string

// Len, Less, Swap, Push and Pop make it a [heap.Interface].
func (h nameHeap) Len() int           { return len(h) }
func (h nameHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h nameHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *nameHeap) Push(x any)        { *h = append(*h, x.(string)) } //nolint:forcetypeassert // only strings are pushed
func (h *nameHeap) Pop() any          { last := len(*h) - 1; x := (*h)[last]; *h = (*h)[:last]; return x }

// next removes and returns the least name. It spares the boxing of [heap.Pop].
func (h *nameHeap) next() string {
	least, last := (*h)[0], len(*h)-1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	if last > 0 {
		heap.Fix(h, 0)
	}
	return least
}
