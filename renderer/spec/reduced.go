package spec

// Reduced is the same view in a smaller PNG: at most the given width and height, one sample per pixel.
func (s Spec) Reduced(width, height int) Spec {
	w, h := s.Width, s.Height
	if w > width {
		w, h = width, max(1, int(int64(s.Height)*int64(width)/int64(s.Width)))
	}
	if h > height {
		w, h = max(1, int(int64(s.Width)*int64(height)/int64(s.Height))), height
	}
	return s.With(func(d *Draft) { d.Width, d.Height, d.Samples, d.Format = w, h, 1, PNG })
}
