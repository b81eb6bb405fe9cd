import { startCounters } from '../apps/counters/start-counters';

void startCounters();
