//go:build !amd64

package deep

import "context"

// followAll moves all points on until they have an outcome.
func (f *follower) followAll(ctx context.Context, points []point) error {
	return f.followEach(ctx, points)
}

func hasLanes() bool { return false }

func (f *follower) climber() func(l *lanes, moves int) { return nil }
