// What browsers have and the declarations of TypeScript 4.8, which Debian has, do not.

interface CanvasPath {
  roundRect(x: number, y: number, width: number, height: number, radius: number): void
}

declare class DecompressionStream {
  constructor(format: string)
  readonly readable: ReadableStream
  readonly writable: WritableStream
}
