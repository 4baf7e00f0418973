import type { SequenceSpec } from '../../schemas/features';

/** A sequence of tokens of one length: pieces of documents one after the other, then padding. */
export interface Sequence {
  tokens: readonly number[];
  /** Tokens of each piece, in their order; what the sequence has beyond their sum is padding. */
  lengths: readonly number[];
}

/** What packing did with the tokens that it was given; `given = packed + dropped`. */
export interface PackTotals {
  documents: number;
  given: number;
  packed: number;
  dropped: number;
  sequences: number;
}

/** Packs documents into sequences; gives each as soon as it is full. */
export interface Packer {
  /** @param document its tokens, with the one that ends it. */
  add(document: readonly number[]): void;
  end(): void;
  readonly totals: PackTotals;
}

/** A packer by the strategy that the recipe names. @param emit gets the sequences, unpadded. */
export const packerFor = (spec: SequenceSpec, emit: (sequence: Sequence) => void): Packer =>
  spec.packing === 'sequential' ? new SequentialPacker(spec, emit) : new BestFitPacker(spec, emit);

const nothing = (): PackTotals => ({ documents: 0, given: 0, packed: 0, dropped: 0, sequences: 0 });

/** One document after the other; a sequence that is full cuts the document, which goes on in the next. */
class SequentialPacker implements Packer {
  readonly totals = nothing();
  private tokens: number[] = [];
  private lengths: number[] = [];

  constructor(
    private readonly spec: Pick<SequenceSpec, 'length' | 'tail'>,
    private readonly emit: (sequence: Sequence) => void,
  ) {}

  add(document: readonly number[]): void {
    const { length } = this.spec;
    this.totals.documents++;
    this.totals.given += document.length;
    for (let at = 0; at < document.length;) {
      const piece = document.slice(at, at + length - this.tokens.length);
      for (const token of piece) this.tokens.push(token);
      this.lengths.push(piece.length);
      at += piece.length;
      if (this.tokens.length === length) this.flush();
    }
  }

  end(): void {
    if (this.tokens.length === 0) return;
    if (this.spec.tail === 'pad') this.flush();
    else this.totals.dropped += this.tokens.length;
  }

  private flush(): void {
    this.emit({ tokens: this.tokens, lengths: this.lengths });
    this.totals.packed += this.tokens.length;
    this.totals.sequences++;
    this.tokens = [];
    this.lengths = [];
  }
}

/**
 * Best fit decreasing (arXiv 2404.10830): a document is cut only where it is longer than a sequence; the pieces, the
 * longest first, go each into the fullest sequence that has room for it. Nothing is dropped; what stays free is padded.
 */
class BestFitPacker implements Packer {
  readonly totals = nothing();
  private readonly pieces: (readonly number[])[] = [];

  constructor(
    private readonly spec: Pick<SequenceSpec, 'length'>,
    private readonly emit: (sequence: Sequence) => void,
  ) {}

  add(document: readonly number[]): void {
    const { length } = this.spec;
    this.totals.documents++;
    this.totals.given += document.length;
    for (let at = 0; at < document.length; at += length) this.pieces.push(document.slice(at, at + length));
  }

  end(): void {
    const { length } = this.spec;
    // Sorting is stable: of equally long pieces the earlier one comes first.
    this.pieces.sort((a, b) => b.length - a.length);
    const sequences: (readonly number[])[][] = [];
    /** Sequences by the room that they have left. */
    const byRoom: number[][] = Array.from({ length: length + 1 }, () => []);
    for (const piece of this.pieces) {
      let room = piece.length;
      while (room <= length && byRoom[room]?.length === 0) room++;
      const place = byRoom[room]?.shift() ?? sequences.push([]) - 1;
      sequences[place]?.push(piece);
      byRoom[Math.min(room, length) - piece.length]?.push(place);
    }
    for (const pieces of sequences) {
      const tokens = pieces.flat();
      this.emit({ tokens, lengths: pieces.map((piece) => piece.length) });
      this.totals.packed += tokens.length;
      this.totals.sequences++;
    }
  }
}
