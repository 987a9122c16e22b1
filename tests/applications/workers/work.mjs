export default function sum({ numbers, isEndless }) {
  while (isEndless);
  return numbers.reduce((before, number) => before + number, 0);
}

export const sumOfBytes = ({ bytes }) => bytes.reduce((before, byte) => before + byte, 0);
