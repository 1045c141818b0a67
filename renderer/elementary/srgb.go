package elementary

// Linear takes a channel of sRGB to linear light, both from 0 to 1: the transfer function of IEC 61966-2-1. The power of 12/5
// is a fifth root by Newton's method, which stays on one side of it and comes nearer until it is there.
func Linear(c float64) float64 {
	if c <= 0.04045 {
		return c / 12.92
	}
	base := (c + 0.055) / 1.055
	square := float64(base * base)
	root := 1.0
	for {
		fourth := float64(float64(root*root) * float64(root*root))
		next := float64(0.2 * (float64(4*root) + square/fourth))
		if next >= root {
			return float64(square * root)
		}
		root = next
	}
}
