// Package planestest reads files of package planes, as its documentation says, for tests.
package planestest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"mandelfarm/renderer/planes"
)

// File is what a file holds. The channels that it does not have are nil.
type File struct {
	Width, Height int
	Limit         int // of iterations, of the last segment

	N         []uint32
	NF        []float64 // the middle of what a step stands for
	Nu        []float64 // NaN inside
	Distance  []float64 // in pixels
	Direction []float64 // in turns; NaN where there is none
	Period    []uint32  // 0 where none is known
}

// Read reads a file.
func Read(file []byte) (*File, error) {
	packed, err := zlib.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(packed)
	if err != nil {
		return nil, err
	}
	if len(data) < 32 || string(data[:4]) != "MFD1" {
		return nil, errors.New("no file of planes")
	}
	number := func(at int) int { return int(binary.LittleEndian.Uint32(data[at:])) }
	f := &File{Width: number(4), Height: number(8)}
	pixelBytes, segmentRows, nu := number(12), number(16), math.Float64frombits(binary.LittleEndian.Uint64(data[24:]))
	data = data[32:]
	for top := 0; top < f.Height; top += segmentRows {
		pixels := f.Width * min(segmentRows, f.Height-top)
		if len(data) < 4+pixelBytes*pixels {
			return nil, fmt.Errorf("%d bytes are too few from row %d on", len(data), top)
		}
		f.Limit = number(0)
		f.add(data[4:], pixels, pixelBytes, nu)
		data = data[4+pixelBytes*pixels:]
	}
	if len(data) > 0 {
		return nil, fmt.Errorf("%d bytes are left", len(data))
	}
	return f, nil
}

// add reads the planes of a segment.
func (f *File) add(data []byte, pixels, pixelBytes int, nu float64) {
	channel := func(count int) []uint32 {
		values := restore(data[:count*pixels], f.Width, count)
		data = data[count*pixels:]
		return values
	}
	high, low := channel(2), channel(4)
	for i := range high {
		n, fraction := high[i]<<16|low[i]>>16, (float64(low[i]&0xffff)+0.5)/planes.FractionSteps
		f.N = append(f.N, n)
		f.NF = append(f.NF, fraction)
		if n == 0 {
			f.Nu = append(f.Nu, math.NaN())
		} else {
			f.Nu = append(f.Nu, float64(n)+fraction+nu)
		}
	}
	if pixelBytes >= planes.Gradients.PixelBytes() {
		f.addGradients(channel)
	}
	if pixelBytes == (planes.Counts|planes.Periods).PixelBytes() || pixelBytes == (planes.Gradients|planes.Periods).PixelBytes() {
		f.Period = append(f.Period, channel(4)...)
	}
}

// addGradients reads the planes of distances and directions.
func (f *File) addGradients(channel func(count int) []uint32) {
	distance, direction := channel(3), channel(2)
	for i := range distance {
		f.Distance = append(f.Distance, (math.Exp2(float64(distance[i])/planes.DistanceSteps)-1)/8)
		if direction[i] == planes.NoDirection {
			f.Direction = append(f.Direction, math.NaN())
		} else {
			f.Direction = append(f.Direction, float64(direction[i])/planes.DirectionSteps)
		}
	}
}

// restore makes the values of a channel of its planes.
func restore(data []byte, width, count int) []uint32 {
	values := make([]uint32, len(data)/count)
	mask := uint32(1<<(8*count) - 1)
	at := func(i int) uint32 { return values[i] }
	for i := range values {
		var small, guess uint32
		for p := range count {
			small = small<<8 | uint32(data[p*len(values)+i])
		}
		switch first, top := i%width == 0, i < width; {
		case first && top:
		case top:
			guess = at(i - 1)
		case first:
			guess = at(i - width)
		default:
			guess = at(i-1) + at(i-width) - at(i-width-1)
		}
		values[i] = (guess + (small>>1 ^ -(small & 1))) & mask
	}
	return values
}
