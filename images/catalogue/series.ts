import { referenceNode } from '../reference-node.ts';

/** One more than the ten upgrades in a row that are asked for. */
const LENGTH = 11;

/** Versions that differ in little, for hosts that live long: `series-1` is 2.1. */
export default Array.from({ length: LENGTH }, (_, index) => {
  const number = (index + 1).toString();
  const version = `2.${number}`;
  return referenceNode({
    family: 'series',
    name: `series-${number}`,
    title: `number ${number} in a row of updates`,
    version,
    notes: `Reference Node ${version}: one of many.`,
    files: { [`/usr/share/hostproof/only-in-${version}`]: { text: `number ${number}\n` } },
  });
});
