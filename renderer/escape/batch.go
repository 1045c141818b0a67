package escape

// Batch holds points and what became of them: slices of one length. One made by NewBatch also holds the memory that
// iterating takes, so that only one Run at a time may use it or parts of it.
type Batch struct {
	Re, Im []float64 // the points
	Count  []int32   // the first n with |z_n|^2 > R^2, or 0 for a point that does not escape
	Norm2  []float64 // |z_n|^2 at that n; undefined where Count is 0

	// How each point escapes, at n = Count, for those who ask for it: all four slices are there, or none. They are
	// undefined where Count is 0.
	ZX, ZY       []float64 // z_n
	GradX, GradY []float64 // the gradient of |z_n| as a function of the point, in 1/units of the plane

	// Period is that of the attracting cycle that a point comes to which does not escape, 0 if none is known, for those who ask for
	// it by Periods.
	Period []int32
	// Doubt is there for those who ask for it besides: how far, in the unit of the gradients, a point may be beside what it should be that escapes; of one
	// that does not, 0 if it is certain that it never does, and otherwise infinite. Package deep fills it in.
	Doubt []float64

	Effort *Effort // to which what following the points takes is added; nil counts nothing

	field  *field // working memory; Run makes its own if there is none
	tracer *tracer
	traces *traces
}

// Effort is what following points takes, counted: it says how long that takes, given the speed of the machine. Steps of
// points that are made together count for each of them, also those of a block that are behind the escape. How many points
// are followed together has a small influence, and so has the engine.
type Effort struct {
	Steps  int64 // of one point each
	Traced int64 // steps with the derivative's
	Moves  int64 // of a point beside a reference in double precision, see package deep, and steps of one point alone, see Period and Blur
	Wide   int64 // such moves in wide numbers
}

// Add adds what something else takes.
func (e *Effort) Add(more Effort) {
	if e == nil {
		return
	}
	e.Steps += more.Steps
	e.Traced += more.Traced
	e.Moves += more.Moves
	e.Wide += more.Wide
}

// traces is the memory of a batch that only some pictures need: gradients are for light and for distances, periods for the inside.
type traces struct {
	zx, zy, gradX, gradY, doubt []float64
	tracer                      *tracer
	period                      []int32
}

// NewBatch returns a batch that has room for size points, without gradients.
func NewBatch(size int) *Batch {
	return &Batch{
		Re: make([]float64, size), Im: make([]float64, size),
		Count: make([]int32, size), Norm2: make([]float64, size),
		field: newField(), traces: &traces{},
	}
}

// Traced returns the same batch with ZX, ZY, GradX and GradY. The first call makes their memory, which a batch of NewBatch
// keeps for further calls.
func (b *Batch) Traced() Batch {
	t, size := b.traces, len(b.Re)
	if t == nil {
		t = &traces{}
	}
	if t.tracer == nil {
		t.zx, t.zy, t.gradX, t.gradY, t.tracer = make([]float64, size), make([]float64, size), make([]float64, size), make([]float64, size), &tracer{}
	}
	traced := *b
	traced.ZX, traced.ZY, traced.GradX, traced.GradY, traced.tracer = t.zx, t.zy, t.gradX, t.gradY, t.tracer
	return traced
}

// Periodic returns the same batch with Period. The first call makes its memory, which a batch of NewBatch keeps for further calls.
func (b *Batch) Periodic() Batch {
	t := b.traces
	if t == nil {
		t = &traces{}
	}
	if t.period == nil {
		t.period = make([]int32, len(b.Re))
	}
	periodic := *b
	periodic.Period = t.period
	return periodic
}

// Doubtful returns a batch of NewBatch as Traced does, with Doubt.
func (b *Batch) Doubtful() Batch {
	traced := b.Traced()
	if b.traces.doubt == nil {
		b.traces.doubt = make([]float64, len(b.Re))
	}
	traced.Doubt = b.traces.doubt
	return traced
}

// Slice returns the first n points of the batch, which share its memory.
func (b *Batch) Slice(n int) Batch { return b.Part(0, n) }

// Part returns the points from start to end.
func (b *Batch) Part(start, end int) Batch {
	part := Batch{
		Re: b.Re[start:end], Im: b.Im[start:end],
		Count: b.Count[start:end], Norm2: b.Norm2[start:end],
		Effort: b.Effort, field: b.field, tracer: b.tracer,
	}
	if b.ZX != nil {
		part.ZX, part.ZY = b.ZX[start:end], b.ZY[start:end]
		part.GradX, part.GradY = b.GradX[start:end], b.GradY[start:end]
	}
	if b.Period != nil {
		part.Period = b.Period[start:end]
	}
	if b.Doubt != nil {
		part.Doubt = b.Doubt[start:end]
	}
	return part
}
