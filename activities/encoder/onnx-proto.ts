import protobuf from 'protobufjs';
import type { Tensor } from './safetensors';

// The part of ONNX's schema that an encoder needs (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
// Field names and numbers are the standard's; parsing this text is a thousand times cheaper than writing the weights.
const SCHEMA = `
  syntax = "proto3";
  message AttributeProto { string name = 1; float f = 2; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
  message NodeProto {
    repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4;
    repeated AttributeProto attribute = 5; string domain = 7;
  }
  message TensorProto { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Dimension { int64 dim_value = 1; string dim_param = 2; }
  message TensorShapeProto { repeated Dimension dim = 1; }
  message TensorTypeProto { int32 elem_type = 1; TensorShapeProto shape = 2; }
  message TypeProto { TensorTypeProto tensor_type = 1; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
  }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message ModelProto {
    int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
  }`;

/** ONNX's numbers for types of elements. */
export const ELEMENT = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;

/** A value of a node's attribute: whole numbers are written as such unless marked `{ float }`. */
export type Attribute = number | readonly number[] | { float: number };

/** One input or output of the graph; a dimension given by name may have any size. */
interface Port {
  name: string;
  type: 'float32' | 'int32' | 'int64';
  shape: readonly (number | string)[];
}

/** Collects nodes and constants of an ONNX graph, in order of execution, and writes the model file. */
export class OnnxGraph {
  private readonly nodes: object[] = [];
  private readonly initializers: object[] = [];
  private readonly domains = new Map<string, number>();

  /** @param opset version of ONNX's own operators, `contrib` the one of ONNX Runtime's (domain com.microsoft). */
  constructor(
    private readonly name: string,
    opset: number,
  ) {
    this.domains.set('', opset);
  }

  /** Adds a node and returns the name of its one output. An operator's domain is written in front: `domain::Op`. */
  node(operator: string, inputs: readonly string[], attributes: Record<string, Attribute> = {}): string {
    const [op_type = '', domain = ''] = operator.split('::').reverse();
    if (domain) this.domains.set(domain, 1);
    const output = `${op_type}_${this.nodes.length}`;
    this.nodes.push({
      op_type,
      domain,
      name: output,
      input: inputs,
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
    return output;
  }

  /** Gives the output of the last node the name that the graph's output has. */
  output(value: string, name: string): void {
    this.nodes.push({ op_type: 'Identity', name, input: [value], output: [name] });
  }

  /** Adds a constant of 32-bit floats and returns its name. */
  floats(name: string, { shape, data }: Tensor): string {
    const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dims: shape, data_type: ELEMENT.float32, raw_data });
    return name;
  }

  /** Adds a constant of 16-bit floats, given as their bits, and returns its name. */
  halves(name: string, { shape, data }: { shape: readonly number[]; data: Uint16Array }): string {
    const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dims: shape, data_type: ELEMENT.float16, raw_data });
    return name;
  }

  /** Adds a constant of 8-bit integers, with or without a sign, and returns its name. */
  bytes(name: string, { shape, data }: { shape: readonly number[]; data: Int8Array | Uint8Array }): string {
    const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const data_type = data instanceof Int8Array ? ELEMENT.int8 : ELEMENT.uint8;
    this.initializers.push({ name, dims: shape, data_type, raw_data });
    return name;
  }

  /** Adds a one-dimensional constant of 64-bit integers and returns its name. */
  integers(name: string, values: readonly number[]): string {
    const raw_data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.initializers.push({ name, dims: [values.length], data_type: ELEMENT.int64, raw_data });
    return name;
  }

  /** The bytes of the model file. */
  encode(inputs: readonly Port[], outputs: readonly Port[]): Uint8Array {
    const model = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('ModelProto');
    return model
      .encode({
        ir_version: 9, // of ONNX 1.15, the first with opset 20
        producer_name: 'temporal-llm-pack',
        graph: {
          name: this.name,
          node: this.nodes,
          initializer: this.initializers,
          input: inputs.map(valueInfo),
          output: outputs.map(valueInfo),
        },
        opset_import: [...this.domains].map(([domain, version]) => ({ domain, version })),
      })
      .finish();
  }
}

function attribute(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_TYPE.int };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPE.float };
  return { name, ints: value, type: ATTRIBUTE_TYPE.ints };
}

function valueInfo({ name, type, shape }: Port): object {
  const dim = shape.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size }));
  return { name, type: { tensor_type: { elem_type: ELEMENT[type], shape: { dim } } } };
}
