export type {
  BlackHoleFault,
  CutFault,
  DelayFault,
  Direction,
  Ending,
  Fault,
  HalfCloseFault,
  OneByteWritesFault,
  ResetFault,
  ThrottleFault,
} from './fault';
export { type Address, FaultProxy } from './fault-proxy';
export type { InjectedFault } from './injected-fault';
