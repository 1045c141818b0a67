package dir

import (
	"container/heap"
	"context"
	"errors"
	"io"
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
		if err := w.visit(ctx, names, names.next()); err != nil {
			return err
		}
	}
	return nil
}

// visit yields an object, or lists a folder. A name whose kind is not known yet
// gets a look; if it is a folder's, its turn comes when the names before the '/'
// have had theirs.
func (w *walk) visit(ctx context.Context, names *nameHeap, name string) error {
	if strings.HasSuffix(name, "/") {
		return w.folder(ctx, name)
	}
	info, err := w.root.Lstat(name)
	switch {
	case err != nil && absent(err):
		return nil // Removed since the folder was read.
	case err != nil:
		return err
	case info.IsDir() && w.wantsFolder(name+"/"):
		heap.Push(names, name+"/")
	case info.Mode().IsRegular() && w.wantsObject(name) && !w.yield(describe(name, info), nil):
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
		// Only the names: of a file below an os.Root, ReadDir examines each entry.
		entries, err := f.Readdirnames(chunk)
		for _, entry := range entries {
			if name := folder + entry; w.mayWant(name) {
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

// mayWant reports whether the object or folder of this name, whichever it is,
// belongs in the listing. Names that are no keys do not.
func (w *walk) mayWant(name string) bool {
	return (w.wantsObject(name) || w.wantsFolder(name+"/")) && storage.ValidKey(name) == nil
}

func (w *walk) wantsObject(name string) bool {
	return name > w.after && strings.HasPrefix(name, w.prefix)
}

// wantsFolder reports whether anything below the folder can be in the listing.
func (w *walk) wantsFolder(name string) bool {
	return (name > w.after || strings.HasPrefix(w.after, name)) &&
		(strings.HasPrefix(name, w.prefix) || strings.HasPrefix(w.prefix, name))
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
