module Report
  class Daily
    # The arguments of a method are params, too; some may have defaults.
    def write(path, totals, title: 'Sales')
      File.open(path, 'w') do |file|
        file.puts title
        totals.each { |city, total| file.puts "#{city.ljust(8)} #{total}" }
      end
      Digdag.env.store(report: path)
    end
  end
end
