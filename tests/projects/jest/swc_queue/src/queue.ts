import { Heap } from './heap';

interface Job {
  readonly name: string;
  readonly priority: number;
  readonly number: number;
}

/** The most urgent job first; of one priority the oldest. */
export class Queue {
  private count = 0;
  private readonly heap = new Heap<Job>((a, b) =>
    a.priority === b.priority ? a.number < b.number : a.priority > b.priority,
  );

  add(name: string, priority = 0): void {
    this.heap.push({ name, priority, number: this.count++ });
  }

  next(): string | undefined {
    return this.heap.pop()?.name;
  }

  *[Symbol.iterator](): Generator<string> {
    for (let name = this.next(); name !== undefined; name = this.next()) yield name;
  }
}
