package deep

// At returns what following the points of another view takes, which differs from that of the ground in nothing but where
// its middle is: so many pixels from the reference.
func (g *Ground) At(offsetRe, offsetIm float64) *Ground {
	moved := *g
	moved.view.OffsetRe, moved.view.OffsetIm = offsetRe, offsetIm
	return &moved
}
